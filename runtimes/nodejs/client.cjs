// SPDX-License-Identifier: Apache-2.0
// Runtime API client over one kept connection. A raw socket instead of `http`: the warm path is one
// write and one read an exchange. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
'use strict';

const net = require('node:net');

const END_OF_HEAD = Buffer.from('\r\n\r\n');

class RuntimeClient {
  // address: "host:port"
  constructor(address) {
    this.address = address;
    this.pending = null; // { resolve, reject } of the one exchange under way
    this.chunks = [];
    this.size = 0;
    this.needed = 0; // bytes until the message is whole; 0: unknown
    this.nextRequest = `GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: ${address}\r\n\r\n`;
  }

  connect() {
    const split = this.address.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      this.socket = net.connect(Number(this.address.slice(split + 1)), this.address.slice(0, split), resolve);
      this.socket.setNoDelay(true);
      this.socket.on('error', reject);
      this.socket.on('data', (chunk) => this.onData(chunk));
      // The server is gone, and with it the reason to live.
      this.socket.on('close', () => process.exit(0));
    });
  }

  // The next event: { headers (lower-case names), body: Buffer }. Keeps the process alive while waiting.
  async next() {
    this.socket.ref();
    const reply = await this.exchange(this.nextRequest);
    // While the function runs only its own work keeps the event loop alive.
    this.socket.unref();
    if (reply.status !== 200) throw new Error(`Runtime API answered ${reply.status} to next`);
    return reply;
  }

  respond(requestId, text) {
    return this.post(`/2018-06-01/runtime/invocation/${requestId}/response`, text, '');
  }

  fail(requestId, fault) {
    return this.post(`/2018-06-01/runtime/invocation/${requestId}/error`, JSON.stringify(fault), fault.errorType);
  }

  failInit(fault) {
    return this.post('/2018-06-01/runtime/init/error', JSON.stringify(fault), fault.errorType);
  }

  post(path, text, errorType) {
    const type = errorType ? `Lambda-Runtime-Function-Error-Type: ${errorType.replace(/[^\x21-\x7e]/g, '?')}\r\n` : '';
    this.socket.ref();
    return this.exchange(
      `POST ${path} HTTP/1.1\r\nHost: ${this.address}\r\nContent-Type: application/json\r\n${type}` +
        `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  }

  exchange(text) {
    return new Promise((resolve) => {
      this.pending = resolve;
      this.socket.write(text);
    });
  }

  onData(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    const data = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const end = data.indexOf(END_OF_HEAD);
    if (end >= 0) {
      const lines = data.latin1Slice(0, end).split('\r\n');
      const headers = {};
      for (let i = 1; i < lines.length; i++) {
        const colon = lines[i].indexOf(':');
        headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
      }
      const whole = end + 4 + Number(headers['content-length'] || 0);
      if (data.length >= whole) {
        this.needed = 0;
        this.chunks = data.length > whole ? [data.subarray(whole)] : [];
        this.size = data.length - whole;
        const resolve = this.pending;
        this.pending = null;
        resolve({ status: Number(lines[0].split(' ')[1]), headers, body: data.subarray(end + 4, whole) });
        return;
      }
      this.needed = whole;
    }
    this.chunks = [data];
  }
}

module.exports = { RuntimeClient };
