declare module 'pgpass/lib/helper.js' {
  import type { Readable } from 'node:stream';

  interface Entry {
    host: string;
    port: number;
    database: string;
    user: string;
  }
  const helper: {
    getPassword(entry: Entry, file: Readable, done: (password?: string) => void): void;
  };
  export default helper;
}
