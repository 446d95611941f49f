import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../kernel/problem.js';
import { PROBLEM_CATALOG } from './problem-catalog.js';
import { pathOf, PROBLEM_MEDIA_TYPE, toProblemDocument } from './problem-document.js';

/** For an address that no route can be looked up for, such as one with a broken `%` escape. */
export function answerUnreadableAddress(_error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = new Problem('request.invalid', 'The address holds a % that is not followed by the code of a character.');
  void reply
    .status(PROBLEM_CATALOG[problem.code].status)
    .header('x-request-id', request.id)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(toProblemDocument(problem, pathOf(request.url), request.id)));
}

/** For bytes that are no whole HTTP request: no request object was made of them, so the answer is written on the bare connection. */
export function answerUnreadableBytes(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_INVALID_EOF_STATE'
      ? new Problem('request.malformed-json', 'The request ended before the length that it announced.')
      : new Problem('request.invalid', 'This is not a request that HTTP allows, or its headers are too large or too slow.');
  const { status } = PROBLEM_CATALOG[problem.code];
  const body = JSON.stringify(toProblemDocument(problem, '', requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
