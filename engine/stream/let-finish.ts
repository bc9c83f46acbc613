import { Duplex } from 'node:stream';

/**
 * The same transform, but one that may be destroyed. The encrypting stream of the SDK may not: it throws "Premature close" where
 * nobody can catch it, and the process dies. So when this one is destroyed, that one is let finish, into nothing; it also wipes its key then.
 */
export function letFinish(inner: Duplex): Duplex {
  const outer: Duplex = new Duplex({
    read: () => inner.resume(),
    write: (chunk, _encoding, done) => inner.write(chunk, done),
    final: (done) => inner.end(done),
    destroy: (error, done) => {
      inner.removeAllListeners('data').end();
      inner.resume();
      done(error);
    },
  });
  inner.on('data', (chunk) => {
    if (!outer.push(chunk)) inner.pause();
  });
  inner.on('end', () => outer.push(null)).on('error', (error) => outer.destroy(error));
  return outer;
}
