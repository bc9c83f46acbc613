import { type BuildOptions, buildContext } from '../engine/composition/from-config.ts';
import { type LoadedConfig, loadConfig } from '../engine/composition/load-config.ts';
import { interrupted } from '../engine/errors.ts';
import type { Context } from '../engine/operations/context.ts';
import { jsonPrinter } from './printer/json-printer.ts';
import type { Printer } from './printer/printer.ts';
import { textPrinter } from './printer/text-printer.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  config?: string;
  envFile?: string;
  repository?: string;
  json?: boolean;
  quiet?: boolean;
}

/** One run of the CLI: what it was told, who prints, and the signal that stops it. */
export class Invocation {
  readonly options: GlobalOptions;
  readonly printer: Printer;
  readonly signal: AbortSignal;
  readonly #stopListening: () => void;

  constructor(options: GlobalOptions) {
    this.options = options;
    this.printer = options.json ? jsonPrinter({ isQuiet: options.quiet ?? false }) : textPrinter({ isQuiet: options.quiet ?? false });
    const controller = new AbortController();
    this.signal = controller.signal;
    this.#stopListening = abortOnSignals(controller);
  }

  load(): Promise<LoadedConfig> {
    return loadConfig({ configPath: this.options.config, envFile: this.options.envFile, env: process.env, cwd: process.cwd() });
  }

  /** The repository that --repository names, as a list; undefined for all of them. */
  named(): string[] | undefined {
    return this.options.repository === undefined ? undefined : [this.options.repository];
  }

  context(loaded: LoadedConfig, options: Pick<BuildOptions, 'access' | 'breakGlass' | 'repositories'>): Promise<Context> {
    return buildContext(loaded, {
      ...options,
      repositories: this.named() ?? options.repositories,
      signal: this.signal,
      progress: (event) => this.printer.progress(event),
    });
  }

  end(): void {
    this.#stopListening();
    this.printer.close();
  }
}

/** The first signal lets the run clean up; the second one ends the process at once. */
function abortOnSignals(controller: AbortController): () => void {
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(75);
    controller.abort(interrupted(signal));
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}
