// Publishing, consuming, settling. amqplib has no transactions.

import assert from 'node:assert/strict';
import { behaviour, unique } from './session.mjs';

const TABLE = {
  text: 'hä', bytes: Buffer.from([0, 255]), yes: true, small: 7, negative: -3, long: 2 ** 40, double: 0.1, nothing: null,
  decimal: { '!': 'decimal', value: { digits: 125, places: 2 } }, when: { '!': 'timestamp', value: 1767323045 },
  table: { inner: { list: [1, 'two', { three: 3 }] } }, list: ['a', 1, false, null],
};
const WIDTHS = { int8: -5, uint8: 200, int16: -300, uint16: 65000, int32: -70000, uint32: 4e9, int64: 2 ** 41, float: 0.25 };

behaviour('publishes_are_each_confirmed_once', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel);
  const confirmed = new Map();

  for (let n = 1; n <= 200; n += 1) {
    channel.sendToQueue(queue, Buffer.from(String(n)), {}, (error) => {
      assert.equal(error, null);
      confirmed.set(n, (confirmed.get(n) ?? 0) + 1);
    });
  }
  await channel.waitForConfirms();

  assert.deepEqual([...confirmed.values()], Array(200).fill(1));
});

behaviour('unroutable_mandatory_message_returns_before_its_ack', async (s) => {
  const channel = await s.channel();
  const told = [];
  channel.on('return', ({ fields, content }) => told.push([fields.replyCode, content.toString()]));

  await s.publish(channel, '', unique('nobody'), '1', { mandatory: true });

  assert.deepEqual(told, [[312, '1']]);
});

behaviour('large_message_crosses_many_frames', async (s) => {
  const channel = await s.channel();
  const [queue, body] = [await s.queue(channel), Buffer.alloc(3_000_000, 'abcdefghijk')];

  await s.publish(channel, '', queue, body);

  assert.ok(body.equals((await s.getSoon(channel, queue)).content));
});

behaviour('properties_and_field_types_come_back_as_sent', async (s) => {
  const channel = await s.channel();
  const queue = await s.queue(channel);
  const properties = {
    contentType: 'text/plain', contentEncoding: 'utf-8', deliveryMode: 2, priority: 3, correlationId: 'c', replyTo: 'r',
    expiration: '60000', messageId: 'm', timestamp: 1700000000, type: 't', userId: 'guest', appId: 'a',
  };
  const widths = Object.fromEntries(Object.entries(WIDTHS).map(([type, value]) => [type, { '!': type, value }]));

  await s.publish(channel, '', queue, '1', { ...properties, headers: { ...TABLE, ...widths } });

  const got = (await s.getSoon(channel, queue)).properties;
  assert.deepEqual(got, { ...properties, clusterId: undefined, headers: { ...TABLE, ...WIDTHS } });
});

/** Each has a queue with messages 1, 2, 3, and a second channel to take from it. */
function consuming(name, body) {
  behaviour(name, async (s) => {
    const connection = await s.connect();
    const [channel, taker] = [await s.channel(connection), await s.channel(connection)];
    const queue = await s.queue(channel);
    await s.send(channel, queue, '1', '2', '3');
    await body(s, { channel, taker, queue });
  });
}

consuming('acked_message_is_gone', async (s, { channel, taker, queue }) => {
  taker.ack(await taker.get(queue));

  await taker.close();

  assert.deepEqual(await s.drain(channel, queue), [['2', '3']]);
});

consuming('rejected_message_is_gone', async (s, { channel, taker, queue }) => {
  taker.reject(await taker.get(queue), false);

  await taker.close();

  assert.deepEqual(await s.drain(channel, queue), [['2', '3']]);
});

consuming('nacked_message_comes_back_redelivered', async (s, { taker, queue }) => {
  const first = await taker.get(queue);
  taker.nack(first, false, true);

  const again = await s.getSoon(taker, queue);

  assert.deepEqual([first.fields.redelivered, again.fields.redelivered, again.content.toString()], [false, true, '1']);
});

consuming('unsettled_messages_of_a_closed_channel_come_back', async (s, { channel, taker, queue }) => {
  for (let n = 0; n < 3; n += 1) await taker.get(queue);

  await taker.close();

  for (const body of ['1', '2', '3']) {
    const { fields, content } = await s.getSoon(channel, queue);
    assert.deepEqual([content.toString(), fields.redelivered], [body, true]);
  }
});

consuming('prefetch_limits_each_consumer', async (s, { channel, taker, queue }) => {
  await s.send(channel, queue, '4', '5', '6');
  await taker.prefetch(2);
  const first = await s.consume(taker, queue);
  await s.settlesAt(taker, first, 2);
  const second = await s.consume(taker, queue);
  await s.settlesAt(taker, second, 2);

  taker.ack(first[0]);

  await s.settlesAt(taker, first, 3);
  assert.equal(second.length, 2);
});

consuming('global_prefetch_limits_the_channel', async (s, { taker, queue }) => {
  await taker.prefetch(1, true);
  const arrived = [];
  for (let n = 0; n < 2; n += 1) await taker.consume(queue, (message) => arrived.push(message));
  await s.settlesAt(taker, arrived, 1);

  await taker.prefetch(2, true);

  await s.settlesAt(taker, arrived, 2);
});

consuming('get_tells_how_many_are_left', async (s, { taker, queue }) => {
  const left = [];
  for (let n = 0; n < 3; n += 1) left.push((await taker.get(queue)).fields.messageCount);

  assert.deepEqual(left, [2, 1, 0]);
  assert.equal(await taker.get(queue), false);
});

consuming('cancelled_consumer_gets_nothing_more', async (s, { channel, taker, queue }) => {
  const arrived = await s.consume(taker, queue);
  await s.settlesAt(taker, arrived, 3);

  await taker.cancel(arrived.tag);
  await s.send(channel, queue, '4');

  assert.equal((await s.getSoon(channel, queue)).content.toString(), '4');
  taker.ack(arrived[0]);
  await s.settlesAt(taker, arrived, 3);
});

consuming('deleting_the_queue_cancels_its_consumers', async (s, { channel, taker, queue }) => {
  const arrived = await s.consume(taker, queue);

  await channel.deleteQueue(queue);

  await s.wait('the cancellation', () => arrived.at(-1) === null);
});

consuming('exclusive_consumer_is_alone', async (s, { channel, taker, queue }) => {
  await s.consume(taker, queue, { exclusive: true });

  await s.refused(
    channel.consume(queue, () => {}), 403, `ACCESS_REFUSED - queue '${queue}' in vhost '/' in exclusive use`);
});
