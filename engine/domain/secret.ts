/** What Node's inspection asks an object for; named here, because this layer imports nothing of Node. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Text that no log, error, JSON or inspection shows. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '(secret)';
  }

  toJSON(): string {
    return '(secret)';
  }

  [INSPECT](): string {
    return '(secret)';
  }
}
