import { type BuildOptions, buildContext } from '../engine/composition/from-config.ts';
import { type LoadedConfig, loadConfig } from '../engine/composition/load-config.ts';
import { EXIT, exitStatusOf } from '../engine/domain/exit-status.ts';
import { limitTyped } from '../engine/domain/text/limit-typed.ts';
import { redactSecrets } from '../engine/domain/text/redact-secrets.ts';
import { repeatOptions } from '../engine/domain/text/repeat-options.ts';
import { HoldfastError, interrupted } from '../engine/errors.ts';
import type { CheckResult } from '../engine/operations/check.ts';
import type { Context } from '../engine/operations/context.ts';
import { endProcess } from './end-process.ts';
import { jsonPrinter } from './printer/json-printer.ts';
import { nagiosPrinter } from './printer/nagios-printer.ts';
import type { Printer, PrinterOptions } from './printer/printer.ts';
import { textPrinter } from './printer/text-printer.ts';
import { SET_BY_ID, type Subject } from './subject.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  config?: string;
  envFile?: string;
  repository?: string;
  json?: boolean;
  quiet?: boolean;
  /** Of `check`, and of `audit`, which has formats of its own. */
  format?: string;
}

export const FORMATS = ['text', 'json', 'nagios'] as const;
export type Format = (typeof FORMATS)[number];

/** Formats that no printer has are printed as text, or as a document for another program. */
function printed({ format, json }: GlobalOptions): Format {
  return FORMATS.find((known) => known === format) ?? (json ? 'json' : 'text');
}

const PRINTERS: Record<Format, (options: PrinterOptions) => Printer> = {
  text: textPrinter,
  json: jsonPrinter,
  nagios: nagiosPrinter,
};

/** One run of the CLI: what it was told, who prints, and the signal that stops it. */
export class Invocation {
  readonly options: GlobalOptions;
  /** Name of the command. */
  readonly command: string;
  readonly printer: Printer;
  readonly signal: AbortSignal;
  /**
   * What the run is about, as far as the command knows: of alerts of one subject the later ones belong to the earlier ones. Undefined
   * until it is known: whoever mistypes a command alerts nobody.
   */
  subject: Subject | undefined;
  /** Takes something else than its plan asks for, so its success says nothing of the plan. */
  isOneOff = false;
  /** Whether people and watchmen hear of the run. */
  sendsAlerts = true;
  /** What a check found. */
  checked: CheckResult | undefined;
  /** The config, once it was read. */
  loaded: LoadedConfig | undefined;
  /** The signal that asked the run to stop. */
  stoppedBy: NodeJS.Signals | undefined;
  /** Whether the same command can succeed when it was ended in the midst of its work. */
  isRepeatable = true;
  readonly #stopListening: () => void;

  constructor(options: GlobalOptions, command: string) {
    this.options = options;
    this.command = command;
    const makePrinter = PRINTERS[printed(options)];
    this.printer = makePrinter({
      isQuiet: options.quiet ?? false,
      complete: (text) =>
        redactSecrets(limitTyped(repeatOptions(text, options), process.argv.slice(2))),
    });
    const controller = new AbortController();
    this.signal = controller.signal;
    this.#stopListening = onSignals((signal) => {
      const reason = interrupted(signal);
      if (controller.signal.aborted) endProcess(this.#statusWhenEnded(reason));
      this.stoppedBy = signal;
      controller.abort(reason);
    });
  }

  async load(): Promise<LoadedConfig> {
    const { config: configPath, envFile } = this.options;
    this.loaded = await loadConfig({
      configPath,
      envFile,
      env: process.env,
      cwd: workingDirectory(),
    });
    return this.loaded;
  }

  /** The repository that --repository names, as a list; undefined for all of them. */
  named(): string[] | undefined {
    return this.options.repository === undefined ? undefined : [this.options.repository];
  }

  context(
    loaded: LoadedConfig,
    options: Pick<BuildOptions, 'access' | 'breakGlass' | 'repositories'>,
  ): Promise<Context> {
    return buildContext(loaded, {
      ...options,
      repositories: this.named() ?? options.repositories,
      signal: this.signal,
      progress: (event) => this.printer.progress(event),
      onDatabase: (database, plan) => {
        this.printer.about(database);
        if (this.subject === SET_BY_ID) this.subject = { plan, database };
      },
    });
  }

  #statusWhenEnded(reason: HoldfastError): number {
    return this.isRepeatable ? exitStatusOf(reason, { command: this.command }) : EXIT.failed;
  }

  end(): void {
    this.#stopListening();
    this.printer.close();
  }
}

/** Paths of the command line and of the environment begin here. @throws HoldfastError USAGE where it was deleted. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new HoldfastError({
      code: 'USAGE',
      message: 'the working directory is gone',
      hint: 'Change to a directory that exists (cd) and run it again.',
      cause,
    });
  }
}

/** The first signal lets the run clean up; the second one ends the process at once, also where a thread hangs in the kernel. */
function onSignals(stop: (signal: NodeJS.Signals) => void): () => void {
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}
