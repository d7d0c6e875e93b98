// SPDX-License-Identifier: Apache-2.0
// Runtime API client over one connection that Kiln opened for us, with blocking reads and writes.
//
// While it waits for the next event the whole process waits: nothing of the function runs between
// invocations, as in a frozen environment. It also costs a quarter of an event loop's round trip.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
'use strict';

const fs = require('node:fs');

const NEXT = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n';
const READ_BYTES = 256 * 1024;
const CRLF = Buffer.from('\r\n');
// Of an error behind a stream, which comes as a header field.
const MAX_ERROR_BYTES = 6 * 1024;

class RuntimeClient {
  constructor() {
    const fd = process.env._KILN_RUNTIME_API_FD;
    if (fd === undefined) throw new Error('_KILN_RUNTIME_API_FD is not set: Kiln starts this program');
    delete process.env._KILN_RUNTIME_API_FD;
    this.fd = Number(fd);
    this.buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.begin = 0;
    this.end = 0;
    this.loaded = ''; // packages of the SDK: what boots ahead for this function will have them
    this.asked = false; // GET next left with the last answer
    this.unread = 0; // answers to posts that come before that to GET next
    this.streaming = false; // within beginStream() and endStream()
  }

  // Waits for the next event: { headers (lower-case names), body: Buffer }.
  next() {
    if (!this.asked) this.send(this.loaded ? NEXT.replace(/\r\n$/, `Kiln-Loaded: ${this.loaded}\r\n\r\n`) : NEXT);
    this.asked = false;
    this.loaded = '';
    for (; this.unread > 0; this.unread--) this.receive();
    const reply = this.receive();
    if (reply.status !== 200) process.exit(1);
    return reply;
  }

  // The answer to one event and the request for the next leave in one write.
  // body: string or Buffer
  respond(requestId, body, contentType = 'application/json', extra = '') {
    this.asked = true;
    this.post(`invocation/${requestId}/response`, body, contentType, extra);
  }

  // Begins a response whose pieces follow as the function writes them.
  beginStream(requestId, contentType) {
    this.streaming = true;
    this.unread++;
    this.send(
      `POST /2018-06-01/runtime/invocation/${requestId}/response HTTP/1.1\r\nHost: runtime\r\n` +
        `Content-Type: ${headerValue(contentType)}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n` +
        'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n',
    );
  }

  writeStream(chunk) {
    if (chunk.length === 0) return; // it would be the end
    this.send(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, CRLF]));
  }

  // fault: what happened after the beginning was sent. last: as of fail().
  endStream(fault, last = false) {
    this.streaming = false;
    this.asked = !last;
    this.send(`0\r\n${fault ? errorType(fault) + errorBody(fault) : ''}\r\n${last ? '' : NEXT}`);
  }

  // last: the process ends and asks for nothing more.
  fail(requestId, fault, last = false) {
    if (this.streaming) return this.endStream(fault, last);
    this.asked = !last;
    this.post(`invocation/${requestId}/error`, JSON.stringify(fault), 'application/json', errorType(fault));
  }

  failInit(fault) {
    this.post('init/error', JSON.stringify(fault), 'application/json', errorType(fault));
    this.receive();
  }

  post(path, body, contentType, extra) {
    const head =
      `POST /2018-06-01/runtime/${path} HTTP/1.1\r\nHost: runtime\r\nContent-Type: ${contentType}\r\n` +
      `${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    this.unread++;
    const tail = this.asked ? NEXT : '';
    if (typeof body === 'string') this.send(head + body + tail);
    else this.send(Buffer.concat([Buffer.from(head), body, Buffer.from(tail)]));
  }

  send(text) {
    const data = typeof text === 'string' ? Buffer.from(text) : text;
    try {
      for (let sent = 0; sent < data.length; ) sent += fs.writeSync(this.fd, data, sent);
    } catch {
      process.exit(1); // the server is gone, and with it the reason to live
    }
  }

  // Reads some more bytes behind `end`, with room for `wanted` bytes from `begin` on.
  fill(wanted) {
    if (this.begin + wanted > this.buffer.length || this.end === this.buffer.length) {
      const size = Math.max(READ_BYTES, wanted, this.end - this.begin + 1);
      const target = size > this.buffer.length ? Buffer.allocUnsafeSlow(size) : this.buffer;
      this.buffer.copy(target, 0, this.begin, this.end);
      this.buffer = target;
      this.end -= this.begin;
      this.begin = 0;
    }
    let count = 0;
    try {
      count = fs.readSync(this.fd, this.buffer, this.end, this.buffer.length - this.end, null);
    } catch (error) {
      if (error.code === 'EINTR') return;
    }
    if (count === 0) process.exit(1);
    this.end += count;
  }

  receive() {
    let headEnd;
    while ((headEnd = this.buffer.subarray(this.begin, this.end).indexOf('\r\n\r\n')) < 0) this.fill(0);
    const lines = this.buffer.latin1Slice(this.begin, this.begin + headEnd).split('\r\n');
    const headers = {};
    for (let i = 1; i < lines.length; i++) {
      const colon = lines[i].indexOf(':');
      headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
    }
    const start = headEnd + 4;
    const whole = start + Number(headers['content-length'] || 0);
    while (this.end - this.begin < whole) this.fill(whole);
    const body = this.buffer.subarray(this.begin + start, this.begin + whole);
    this.begin += whole;
    if (this.begin === this.end) {
      this.begin = this.end = 0;
      // The body is read before the next receive; only a large buffer is given up at once.
      if (this.buffer.length > READ_BYTES) this.buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    }
    return { status: Number(lines[0].slice(9, 12)), headers, body };
  }
}

function headerValue(text) {
  return String(text).replace(/[^\x20-\x7e]/g, '?');
}

function errorType(fault) {
  return `Lambda-Runtime-Function-Error-Type: ${headerValue(fault.errorType)}\r\n`;
}

function errorBody(fault) {
  let text = JSON.stringify(fault);
  if (Buffer.byteLength(text) > MAX_ERROR_BYTES) {
    text = JSON.stringify({ errorType: fault.errorType, errorMessage: String(fault.errorMessage).slice(0, 1024), trace: [] });
  }
  return `Lambda-Runtime-Function-Error-Body: ${Buffer.from(text).toString('base64')}\r\n`;
}

module.exports = { RuntimeClient };
