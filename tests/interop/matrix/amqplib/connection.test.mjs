// The handshake, the heartbeats, errors of channels, recovery.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';
import { behaviour, socketOptions, unique, uri } from './session.mjs';

behaviour('connects_and_tunes', async (s) => {
  const { connection } = await s.connect('heartbeat=30');

  assert.deepEqual([connection.channelMax, connection.frameMax, connection.heartbeat], [2047, 131072, 30]);
  assert.equal(connection.serverProperties.capabilities.publisher_confirms, true);
});

behaviour('heartbeats_keep_an_idle_connection_open', async (s) => {
  const connection = await s.connect('heartbeat=1');

  await pause(3500);

  assert.ok(await s.queue(await s.channel(connection)));
});

behaviour('wrong_password_is_403', async (s) => {
  await s.refused(
    amqp.connect(uri((url) => { url.password = 'wrong'; }), socketOptions()), 403,
    'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN');
});

behaviour('unknown_vhost_is_530', async (s) => {
  // amqplib says which method came in place of open-ok, but not what was in it.
  await assert.rejects(
    amqp.connect(uri((url) => { url.pathname = '/gone'; }), socketOptions()), /got <ConnectionClose channel:0>/);
});

behaviour('secret_can_be_updated', async (s) => {
  const connection = await s.connect();

  await connection.updateSecret(Buffer.from('guest'), 'it is time');

  assert.ok(await s.queue(await s.channel(connection)));
});

behaviour('missing_queue_is_404', async (s) => {
  await s.refused((await s.channel()).checkQueue('gone'), 404, "NOT_FOUND - no queue 'gone' in vhost '/'");
});

behaviour('missing_exchange_is_404', async (s) => {
  const channel = await s.channel();

  channel.publish('gone', '', Buffer.from('1'));

  await s.wait('the end of the channel', () => channel.errors.length);
  assert.equal(channel.errors[0].code, 404);
  assert.match(channel.errors[0].message, /NOT_FOUND - no exchange 'gone' in vhost '\/'/);
});

behaviour('locked_queue_is_405', async (s) => {
  const queue = await s.queue(await s.channel());

  await s.refused(
    (await s.channel()).checkQueue(queue), 405,
    `RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '${queue}'`);
});

behaviour('other_arguments_are_406', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel, { messageTtl: 1000 });

  await s.refused(
    channel.assertQueue(queue, { exclusive: true, durable: false, messageTtl: 2000 }), 406,
    `PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue '${queue}'`,
    { code: 406, classId: 50, methodId: 10 });
});

behaviour('unknown_delivery_tag_is_406', async (s) => {
  const channel = await s.channel();

  channel.ack({ fields: { deliveryTag: 7 } });

  await s.wait('the end of the channel', () => channel.errors.length);
  assert.equal(channel.errors[0].code, 406);
  assert.match(channel.errors[0].message, /PRECONDITION_FAILED - unknown delivery tag 7/);
});

behaviour('channel_number_can_be_used_after_an_error', async (s) => {
  const connection = await s.connect();
  const failing = await s.channel(connection);
  const other = await s.channel(connection);
  await s.refused(failing.checkQueue('gone'), 404, 'NOT_FOUND');

  const again = await s.channel(connection);

  assert.equal(again.ch, failing.ch);
  assert.ok((await s.queue(again)) && (await s.queue(other)));
});

behaviour('client_recovers_after_the_broker_was_killed', async (s) => {
  // amqplib's own recovery connects again, and `setup` declares and consumes again.
  const [queue, arrived] = [unique('queue'), []];
  let channel;
  const connection = await amqp.connect(uri(), {
    ...socketOptions(),
    recovery: {
      initialDelay: 50,
      maxDelay: 200,
      setup: async (model) => {
        channel = await model.createConfirmChannel();
        channel.on('error', () => {});
        await channel.assertQueue(queue, { exclusive: true });
        await channel.consume(queue, (message) => arrived.push(message?.content.toString()), { noAck: true });
      },
    },
  });
  connection.on('error', () => {});
  s.connections.push(connection);
  await s.publish(channel, '', queue, 'before');
  await s.wait('the first message', () => arrived.includes('before'));

  const back = new Promise((resolve) => { connection.once('connect', resolve); });
  await s.restart();
  await back;

  await s.publish(channel, '', queue, 'after');
  await s.wait('the message after the restart', () => arrived.includes('after'));
});

behaviour('durable_messages_survive_a_killed_broker', async (s) => {
  const channel = await s.channel();
  const { queue } = await channel.assertQueue(unique('queue'), { durable: true });
  const bodies = Array.from({ length: 50 }, (_, n) => String(n));
  for (const body of bodies) {
    await s.publish(channel, '', queue, body, { persistent: true });
  }

  await s.restart();

  const again = await s.channel();
  assert.deepEqual(await s.drain(again, queue), [bodies]);
  await again.deleteQueue(queue);
});
