import { isHoldfastError } from '../errors.ts';

/** One thing that was tried, and what came of it. */
export interface Finding {
  subject: string;
  name: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
  /** Statements or commands that mend it. */
  fix: string[];
}

export interface Outcome<T> {
  value?: T;
  detail: string;
  status?: Finding['status'];
  fix?: string[];
}

/** Tries one thing after the other; a failure is a finding, and never hides the others. */
export class Examination {
  readonly findings: Finding[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  async tryOut<T>(
    name: string,
    look: () => Promise<Outcome<T>>,
    ifItFails: Finding['status'] = 'failed',
  ): Promise<T | undefined> {
    try {
      const { value, detail, status = 'ok', fix = [] } = await look();
      this.findings.push({ subject: this.#subject, name, status, detail, fix });
      return value;
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      const fix = error.hint === undefined ? [] : [`# ${error.hint}`];
      this.findings.push({
        subject: this.#subject,
        name,
        status: ifItFails,
        detail: error.message,
        fix,
      });
      return undefined;
    }
  }
}
