import { z } from 'zod';

const lineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.string(),
    bytes: z.exactOptional(z.number()),
    totalBytes: z.exactOptional(z.number()),
    note: z.exactOptional(z.string()),
  }),
  z.object({ type: z.literal('note'), text: z.string() }),
  z.object({ type: z.literal('result'), result: z.looseObject({}) }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
    retryable: z.boolean(),
    exitStatus: z.int(),
  }),
]);

/** What a task says in its log. */
export type TaskLine = z.output<typeof lineSchema>;
export type TaskError = Extract<TaskLine, { type: 'error' }>;

/** Reads the log of a task, event by event: a line above 256 KB comes in pieces. Metrics, and what is not ours, are passed over. */
export class TaskLines {
  #begun = '';

  /** Undefined where the event is no line of ours, or not its end. */
  read(event: string): TaskLine | undefined {
    const value = parseJson(this.#begun + event) ?? wholeLine(event);
    if (value === undefined) {
      this.#begun = this.#begun === '' && !event.startsWith('{') ? '' : this.#begun + event;
      return undefined;
    }
    this.#begun = '';
    return lineSchema.safeParse(value).data;
  }
}

/** A line of a task beside one that never ended. An object within a long line, cut off at its very ends, is none: lines have a type, metrics `_aws`. */
function wholeLine(event: string): object | undefined {
  const value = parseJson(event);
  return value !== undefined && ('type' in value || '_aws' in value) ? value : undefined;
}

/** Undefined where it is no JSON object. */
function parseJson(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
