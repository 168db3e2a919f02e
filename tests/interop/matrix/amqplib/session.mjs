// What the behaviours share: connections that end with their test, and waiting.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';

export const LIMIT_MS = 10_000;

export const unique = (stem) => `${stem}-${randomBytes(4).toString('hex')}`;

/** The broker's address, after `change` had a look at it. */
export function uri(change = () => {}) {
  const url = new URL(process.env.VARVE_MATRIX_TLS ?? process.env.VARVE_MATRIX_URI);
  change(url);
  return url.href;
}

export function socketOptions() {
  const authority = process.env.VARVE_MATRIX_CA;
  return authority ? { ca: [readFileSync(authority)] } : {};
}

/** One behaviour, by the name that every client's suite uses. */
export function behaviour(name, body) {
  test(name, { timeout: 3 * LIMIT_MS }, async () => {
    const session = new Session();
    try {
      await body(session);
    } finally {
      await session.end();
    }
  });
}

export class Session {
  connections = [];

  async connect(query = '') {
    const connection = await amqp.connect(uri((url) => { url.search = query; }), socketOptions());
    connection.on('error', () => {});
    this.connections.push(connection);
    return connection;
  }

  async end() {
    for (const connection of this.connections) {
      await connection.close().catch(() => {});
    }
  }

  /** A channel with confirms, on a connection of its own unless one is given; `errors` gets what the server says. */
  async channel(connection) {
    const channel = await (connection ?? (await this.connect())).createConfirmChannel();
    channel.errors = [];
    channel.on('error', (error) => channel.errors.push(error));
    return channel;
  }

  /** An exclusive queue's name. */
  async queue(channel, options = {}) {
    return (await channel.assertQueue(unique('queue'), { exclusive: true, durable: false, ...options })).queue;
  }

  async exchange(channel, kind, options = {}) {
    const { exchange } = await channel.assertExchange(
      unique('exchange'), kind, { durable: false, autoDelete: true, ...options });
    return exchange;
  }

  async boundQueue(channel, exchange, key = '', args = {}) {
    const queue = await this.queue(channel);
    await channel.bindQueue(queue, exchange, key, args);
    return queue;
  }

  /** Returns when it is confirmed; rejects for a nack. */
  async publish(channel, exchange, key, body, options = {}) {
    await new Promise((resolve, reject) => {
      channel.publish(exchange, key, Buffer.from(body), options, (error) => (error ? reject(error) : resolve()));
    });
  }

  async send(channel, queue, ...bodies) {
    for (const body of bodies) {
      await this.publish(channel, '', queue, body);
    }
  }

  /** The bodies that are ready in each queue, in order. */
  async drain(channel, ...queues) {
    const all = [];
    for (const queue of queues) {
      const bodies = [];
      for (let got = await channel.get(queue, { noAck: true }); got; got = await channel.get(queue, { noAck: true })) {
        bodies.push(got.content.toString());
      }
      all.push(bodies);
    }
    return all;
  }

  /** The first true value of `await condition()`. */
  async wait(what, condition, intervalMs = 10) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const value = await condition();
      if (value) return value;
      assert.ok(Date.now() < end, `${what}: not within ${LIMIT_MS} ms`);
      await pause(intervalMs);
    }
  }

  /** One message as soon as there is one, unsettled. */
  getSoon(channel, queue) {
    return this.wait(`a message in ${queue}`, () => channel.get(queue));
  }

  /** A list to which deliveries are added; null when the server cancels. */
  async consume(channel, queue, options = {}) {
    const arrived = [];
    const { consumerTag } = await channel.consume(queue, (message) => arrived.push(message), options);
    arrived.tag = consumerTag;
    return arrived;
  }

  /** `count` have arrived, and no more after two round trips. */
  async settlesAt(channel, arrived, count) {
    await this.wait(`${count} deliveries`, () => arrived.length >= count);
    await this.queue(channel);
    await this.queue(channel);
    assert.equal(arrived.length, count);
  }

  /** The promise rejects with the server's code and text. */
  async refused(promise, code, text, more = {}) {
    await assert.rejects(promise, (error) => {
      assert.ok(error.message.includes(`${code} (`) && error.message.includes(text), error.message);
      assert.deepEqual({ ...more }, Object.fromEntries(Object.keys(more).map((key) => [key, error[key]])));
      return true;
    });
  }

  /** Kills the broker and returns when it is there again. */
  async restart() {
    const [host, port] = process.env.VARVE_MATRIX_CONTROL.split(':');
    const door = net.connect(Number(port), host);
    door.write('restart\n');
    const [answer] = await once(door, 'data');
    door.destroy();
    assert.equal(answer.toString(), 'ok\n');
  }
}
