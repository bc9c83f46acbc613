import type { Command } from './commands.ts';
import type { RunbookFacts } from './facts.ts';

/** One thing that may have happened, and what to do about it. */
export interface Scenario {
  /** As an anchor: `server-lost`. */
  id: string;
  /** As a heading. */
  title: string;
  /** How it shows. */
  signs: string;
  steps: readonly Step[];
}

export interface Step {
  /** Markdown; names in it are escaped. */
  text: string;
  commands: readonly Command[];
}

export type MakeScenario = (facts: RunbookFacts) => Scenario;

export function step(text: string, commands: readonly Command[] = []): Step {
  return { text, commands };
}
