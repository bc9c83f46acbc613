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
    const alone = parseJson(event);
    const value = alone ?? parseJson(this.#begun + event);
    if (value === undefined) {
      this.#begun = this.#begun === '' && !event.startsWith('{') ? '' : this.#begun + event;
      return undefined;
    }
    this.#begun = '';
    return lineSchema.safeParse(value).data;
  }
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
