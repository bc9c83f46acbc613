import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { interrupted } from '../../engine/errors.ts';

interface Waiting {
  resolve: (line: string) => void;
  reject: (error: Error) => void;
}

/**
 * Questions to the person at the terminal, in order. Nothing of what is typed is shown from the
 * beginning on, but for the answer to a question that may be seen. What is typed ahead answers the
 * next question: a role and its password that are pasted together, for example.
 */
export class TerminalQuestions {
  readonly #terminal: Interface;
  readonly #typedAhead: string[] = [];
  #waiting: Waiting | undefined;
  #isShown = false;
  #end = interrupted('the end of its input');

  constructor() {
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (this.#isShown) process.stderr.write(chunk);
        done();
      },
    });
    const ends = { input: process.stdin, output, terminal: true, historySize: 0 };
    this.#terminal = createInterface(ends)
      .on('line', (line) => this.#take(line))
      .on('SIGINT', () => {
        this.#end = interrupted('SIGINT');
        this.#terminal.close();
      })
      .on('close', () => this.#waiting?.reject(this.#end));
  }

  /** @throws HoldfastError INTERRUPTED where the person ends it instead. */
  async ask(question: string): Promise<string> {
    const typed = this.#typedAhead.shift();
    if (typed !== undefined) process.stderr.write(`${question}${typed}\n`);
    if (typed !== undefined) return typed;
    this.#isShown = true;
    this.#terminal.setPrompt(question);
    this.#terminal.prompt(true);
    return this.#line();
  }

  /** The same without showing the answer. @throws HoldfastError INTERRUPTED. */
  async askHidden(question: string): Promise<string> {
    process.stderr.write(question);
    const answer = this.#typedAhead.shift() ?? this.#line();
    return Promise.resolve(answer).finally(() => process.stderr.write('\n'));
  }

  close(): void {
    this.#terminal.close();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Before the next character: it may be of an answer that is not to be seen. */
  #take(line: string): void {
    this.#isShown = false;
    if (this.#waiting === undefined) this.#typedAhead.push(line);
    this.#waiting?.resolve(line);
    this.#waiting = undefined;
  }
}
