/** Simulates a process without a free file descriptor. */

import { Socket } from 'node:net';

/**
 * Makes each new connection of this process fail with the system's error, until disposed.
 *
 * The sockets are Node's own, so the client handles the error as it would a real one.
 */
export function withoutDescriptors(): Disposable {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket) {
    const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE', errno: -24, syscall: 'connect' });
    process.nextTick(() => this.destroy(error));
    return this;
  };
  return {
    [Symbol.dispose]: () => {
      Socket.prototype.connect = connect;
    },
  };
}
