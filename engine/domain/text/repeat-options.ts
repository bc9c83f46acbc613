import { quoteForShell } from '../command-quoting.ts';

/** The options of a run that decide which config it reads. */
export interface ConfigOptions {
  config?: string | undefined;
  envFile?: string | undefined;
}

/** A command of ours in backquotes, as hints and alerts have it. */
const COMMAND = /`holdfast ([a-z][^`]*)`/g;

/**
 * The text of a hint, whose commands repeat the options of the run: typed as they stand, they read
 * the same config. Every command that is printed goes through here.
 */
export function repeatOptions(text: string, options: ConfigOptions): string {
  const words = optionWords(options);
  if (words.length === 0) return text;
  const repeated = words.map(quoteForShell).join(' ');
  return text.replaceAll(COMMAND, (whole, rest: string) =>
    /--config|--env-file/.test(rest) ? whole : `\`holdfast ${repeated} ${rest}\``,
  );
}

/** The options as they are typed. */
export function optionWords({ config, envFile }: ConfigOptions): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
  ];
}
