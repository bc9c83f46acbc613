import type { ConnectionSettings } from '../connection-settings.ts';

/** @param options as PGOPTIONS has them, such as `-c role=x`; the last one of a name counts. */
export function withServerOptions(
  settings: ConnectionSettings,
  options: readonly string[],
): ConnectionSettings {
  if (options.length === 0) return settings;
  return { ...settings, options: [settings.options ?? '', ...options].join(' ').trim() };
}

export function serverOption(name: string, value: string): string {
  return `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`;
}
