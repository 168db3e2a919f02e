// Exchanges, and what queues do with messages by their arguments.

import assert from 'node:assert/strict';
import { behaviour, unique } from './session.mjs';

/** Publishes each key to the exchange, with itself as the body. */
async function sendKeys(s, channel, exchange, ...keys) {
  for (const key of keys) await s.publish(channel, exchange, key, key);
}

behaviour('direct_exchange_routes_by_key', async (s) => {
  const channel = await s.channel();
  const exchange = await s.exchange(channel, 'direct');
  const queues = [await s.boundQueue(channel, exchange, 'a'), await s.boundQueue(channel, exchange, 'b')];

  await sendKeys(s, channel, exchange, 'a', 'b', 'c');

  assert.deepEqual(await s.drain(channel, ...queues), [['a'], ['b']]);
});

behaviour('fanout_exchange_routes_to_all', async (s) => {
  const channel = await s.channel();
  const exchange = await s.exchange(channel, 'fanout');
  const queues = [await s.boundQueue(channel, exchange), await s.boundQueue(channel, exchange)];

  await sendKeys(s, channel, exchange, 'any');

  assert.deepEqual(await s.drain(channel, ...queues), [['any'], ['any']]);
});

behaviour('topic_exchange_routes_by_pattern', async (s) => {
  const channel = await s.channel();
  const exchange = await s.exchange(channel, 'topic');
  const queues = [];
  for (const pattern of ['a.*', 'a.#', '#.z']) queues.push(await s.boundQueue(channel, exchange, pattern));

  await sendKeys(s, channel, exchange, 'a', 'a.b', 'a.b.z', 'z');

  assert.deepEqual(await s.drain(channel, ...queues), [['a.b'], ['a', 'a.b', 'a.b.z'], ['a.b.z', 'z']]);
});

behaviour('headers_exchange_routes_by_headers', async (s) => {
  const channel = await s.channel();
  const exchange = await s.exchange(channel, 'headers');
  const queues = [];
  for (const match of ['all', 'any']) {
    queues.push(await s.boundQueue(channel, exchange, '', { 'x-match': match, a: 1, b: 'x' }));
  }

  await s.publish(channel, exchange, '', 'both', { headers: { a: 1, b: 'x' } });
  await s.publish(channel, exchange, '', 'one', { headers: { a: 1 } });
  await s.publish(channel, exchange, '', 'none', { headers: { a: 2 } });

  assert.deepEqual(await s.drain(channel, ...queues), [['both'], ['both', 'one']]);
});

behaviour('exchange_binding_passes_messages_on', async (s) => {
  const channel = await s.channel();
  const [source, target] = [await s.exchange(channel, 'topic'), await s.exchange(channel, 'fanout')];
  await channel.bindExchange(target, source, 'a.#');
  await channel.bindExchange(target, source, 'z');
  const queue = await s.boundQueue(channel, target);

  await sendKeys(s, channel, source, 'a.1');
  await channel.unbindExchange(target, source, 'a.#');
  await sendKeys(s, channel, source, 'a.2');

  assert.deepEqual(await s.drain(channel, queue), [['a.1']]);
});

behaviour('alternate_exchange_takes_what_nobody_gets', async (s) => {
  const channel = await s.channel();
  const rest = await s.exchange(channel, 'fanout');
  const exchange = await s.exchange(channel, 'direct', { alternateExchange: rest });
  const queues = [await s.boundQueue(channel, exchange, 'a'), await s.boundQueue(channel, rest)];

  await sendKeys(s, channel, exchange, 'a', 'b');

  assert.deepEqual(await s.drain(channel, ...queues), [['a'], ['b']]);
});

/** A channel, a queue on it, and the one that takes its dead letters. */
async function deadLetters(s, options = {}) {
  const channel = await s.channel();
  const dead = await s.queue(channel);
  const queue = await s.queue(channel, { deadLetterExchange: '', deadLetterRoutingKey: dead, ...options });
  return { channel, dead, queue };
}

function assertDied({ headers }, queue, reason) {
  const [death] = headers['x-death'];
  assert.deepEqual(
    [death.queue, death.reason, death.count, death.exchange, death['routing-keys']], [queue, reason, 1, '', [queue]]);
  assert.deepEqual([headers['x-first-death-queue'], headers['x-first-death-reason']], [queue, reason]);
}

behaviour('rejected_message_is_dead_lettered', async (s) => {
  const { channel, dead, queue } = await deadLetters(s);
  await s.send(channel, queue, '1');

  channel.reject(await s.getSoon(channel, queue), false);

  const { properties, content } = await s.getSoon(channel, dead);
  assert.equal(content.toString(), '1');
  assertDied(properties, queue, 'rejected');
});

behaviour('expired_message_is_dead_lettered', async (s) => {
  const { channel, dead, queue } = await deadLetters(s, { messageTtl: 50 });

  await s.send(channel, queue, '1');

  assertDied((await s.getSoon(channel, dead)).properties, queue, 'expired');
});

behaviour('message_expires_by_its_own_expiration', async (s) => {
  const { channel, dead, queue } = await deadLetters(s);

  await s.publish(channel, '', queue, '1', { expiration: '50' });

  const { properties } = await s.getSoon(channel, dead);
  assertDied(properties, queue, 'expired');
  assert.deepEqual([properties.expiration, properties.headers['x-death'][0]['original-expiration']], [undefined, '50']);
});

behaviour('delivery_limit_dead_letters', async (s) => {
  const channel = await s.channel();
  const dead = await s.queue(channel);
  const { queue } = await channel.assertQueue(unique('queue'), {
    durable: true, deadLetterExchange: '', deadLetterRoutingKey: dead,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1 },
  });
  await s.send(channel, queue, '1');

  for (let n = 0; n < 2; n += 1) channel.nack(await s.getSoon(channel, queue), false, true);

  assertDied((await s.getSoon(channel, dead)).properties, queue, 'delivery_limit');
});

behaviour('unused_queue_expires', async (s) => {
  const connection = await s.connect();
  const queue = await s.queue(await s.channel(connection), { exclusive: false, expires: 100 });

  // A look at the queue counts as a use of it, so there has to be time between two.
  await s.wait('the end of the queue', async () => {
    const channel = await s.channel(connection);
    return channel.checkQueue(queue).then(() => false, (error) => error.code === 404);
  }, 300);
});

behaviour('higher_priority_is_delivered_first', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel, { maxPriority: 10 });

  for (const priority of [1, 9, 5, 9]) await s.publish(channel, '', queue, String(priority), { priority });

  assert.deepEqual(await s.drain(channel, queue), [['9', '9', '5', '1']]);
});

behaviour('purge_and_delete_count_messages', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel);
  await s.send(channel, queue, '1', '2', '3');
  const purged = await channel.purgeQueue(queue);
  await s.send(channel, queue, '4');
  const deleted = await channel.deleteQueue(queue);

  assert.deepEqual([purged.messageCount, deleted.messageCount], [3, 1]);
});

behaviour('exclusive_queue_goes_with_its_connection', async (s) => {
  const owner = await s.connect();
  const queue = await s.queue(await s.channel(owner));

  await owner.close();

  await s.refused((await s.channel()).checkQueue(queue), 404, `NOT_FOUND - no queue '${queue}'`);
});

behaviour('length_limit_drops_the_oldest', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel, { maxLength: 2 });

  await s.send(channel, queue, '1', '2', '3');

  assert.deepEqual(await s.drain(channel, queue), [['2', '3']]);
});

behaviour('full_queue_refuses_with_nack', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel, { maxLength: 1, overflow: 'reject-publish' });
  await s.send(channel, queue, '1');

  await assert.rejects(s.send(channel, queue, '2'), /nacked/);
  assert.deepEqual(await s.drain(channel, queue), [['1']]);
});

behaviour('single_active_consumer_is_followed_by_the_next', async (s) => {
  const connection = await s.connect();
  const [channel, first, second] = [
    await s.channel(connection), await s.channel(connection), await s.channel(connection)];
  const queue = await s.queue(channel, { arguments: { 'x-single-active-consumer': true } });
  const active = await s.consume(first, queue, { noAck: true });
  const waiting = await s.consume(second, queue, { noAck: true });
  await s.send(channel, queue, '1', '2');
  await s.settlesAt(first, active, 2);

  await first.close();
  await s.send(channel, queue, '3');

  await s.settlesAt(second, waiting, 1);
});

behaviour('direct_reply_arrives', async (s) => {
  const connection = await s.connect();
  const [channel, client] = [await s.channel(connection), await s.channel(connection)];
  const queue = await s.queue(channel);
  const replies = await s.consume(client, 'amq.rabbitmq.reply-to', { noAck: true });
  await s.publish(client, '', queue, 'ask', { replyTo: 'amq.rabbitmq.reply-to' });

  await s.send(channel, (await s.getSoon(channel, queue)).properties.replyTo, 'answer');

  await s.wait('the reply', () => replies.length);
  assert.equal(replies[0].content.toString(), 'answer');
});
