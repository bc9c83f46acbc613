import { hostname } from 'node:os';
import { join } from 'node:path';
import { AlertStateFile } from '../adapters/alert-state-file.ts';
import { CommandNotifier } from '../adapters/command-notifier.ts';
import { Undelivered } from '../adapters/delivery.ts';
import { EmailNotifier } from '../adapters/email-notifier.ts';
import { HttpHeartbeat } from '../adapters/http-heartbeat.ts';
import { WebhookNotifier } from '../adapters/webhook-notifier.ts';
import type { AlertsConfig } from '../config/alerts-schema.ts';
import type { Environment } from '../config/from-environment.ts';
import type { Config } from '../config/schema.ts';
import { ENV } from '../contract.ts';
import type { AlertOrigin } from '../domain/alert-message.ts';
import { quoteForShell } from '../domain/command-quoting.ts';
import { encodeName } from '../domain/key.ts';
import { optionWords } from '../domain/text/repeat-options.ts';
import { FORMAT_OF } from '../domain/webhook/formats.ts';
import { PAGERDUTY_URL } from '../domain/webhook/pagerduty.ts';
import type { WebhookTarget } from '../domain/webhook/webhook-request.ts';
import type { ChannelTarget } from '../operations/alert/test-channels.ts';
import type { Alerting } from '../operations/tell.ts';
import type { Channel, Heartbeat, Notifier } from '../ports/notifier.ts';
import type { LoadedConfig } from './load-config.ts';

/** Whom the config wants to be told; undefined where it names nobody. */
export function alertingOf(loaded: LoadedConfig): Alerting | undefined {
  const { config, path, resolvePath } = loaded;
  const { alerts, project } = config;
  if (alerts === undefined || path === undefined) return undefined;
  return {
    notifiers: notifiersOf(alerts, loaded),
    memory: new AlertStateFile(
      join(resolvePath(alerts.stateFolder), `${encodeName(project)}-alerts.json`),
    ),
    coolDownSeconds: alerts.coolDown,
    origin: originOf(project, { ...loaded, path }),
  };
}

/** Every channel of the config, with where its messages go. */
export function channelTargets(loaded: LoadedConfig): {
  targets: ChannelTarget[];
  origin: AlertOrigin;
} {
  const { config, path, env } = loaded;
  const { alerts, project } = config;
  const origin = originOf(project, { ...loaded, path: path ?? '' });
  if (alerts === undefined) return { targets: [], origin };
  const targets = notifiersOf(alerts, loaded).map((notifier) => ({
    notifier,
    destination: destinationOf(notifier.channel, { alerts, env }),
  }));
  return { targets, origin };
}

function originOf(
  project: string,
  { path: config, envFile }: { path: string; envFile?: string | undefined },
): AlertOrigin {
  const options = optionWords({ config, envFile }).map(quoteForShell);
  return { project, host: hostname(), config, command: `holdfast check ${options.join(' ')}` };
}

/** Without user, path and arguments, which may be secrets. */
function destinationOf(
  channel: Channel,
  { alerts: { email, webhook, command }, env }: { alerts: AlertsConfig; env: Environment },
): string {
  if (channel === 'email') {
    const by = email?.smtp === undefined ? 'sendmail' : hostOf(email.smtp);
    return `${email?.to.join(', ')} through ${by ?? 'alerts.email.smtp'}`;
  }
  if (channel === 'command') return command?.[0] ?? '';
  const { urlEnv, url = PAGERDUTY_URL } = webhook ?? {};
  const host = hostOf(urlEnv === undefined ? url : env[urlEnv]);
  return host ?? (urlEnv === undefined ? 'alerts.webhook.url' : `the URL in ${urlEnv}`);
}

function hostOf(url: string | undefined): string | undefined {
  return (URL.parse(url ?? '')?.host ?? '') || undefined;
}

export function heartbeatOf({
  config: { heartbeatUrl },
  env,
}: LoadedConfig): Heartbeat | undefined {
  return heartbeatUrl === undefined ? undefined : new HttpHeartbeat({ url: heartbeatUrl, env });
}

function notifiersOf(
  { email, webhook, command }: AlertsConfig,
  { config, env: variables }: LoadedConfig,
): Notifier[] {
  const env = withoutSecrets(process.env, config);
  const notifiers: Notifier[] = [];
  if (email !== undefined) {
    const { to, from, smtp, passwordEnv } = email;
    const password = () =>
      passwordEnv === undefined
        ? undefined
        : valueIn(variables, { name: passwordEnv, setting: 'alerts.email.passwordEnv' });
    notifiers.push(new EmailNotifier({ to, from, smtp, password, env, authorities: variables }));
  }
  if (webhook !== undefined) {
    const target = () => webhookTarget(webhook, variables);
    notifiers.push(
      new WebhookNotifier({ target, format: FORMAT_OF[webhook.format], env: variables }),
    );
  }
  if (command !== undefined) notifiers.push(new CommandNotifier({ command, env }));
  return notifiers;
}

/** @throws Undelivered where the environment does not have what the config names. */
function webhookTarget(
  { url = PAGERDUTY_URL, urlEnv, routingKeyEnv }: NonNullable<AlertsConfig['webhook']>,
  variables: Environment,
): WebhookTarget {
  const named = (setting: string, name: string | undefined) =>
    name === undefined ? undefined : valueIn(variables, { name, setting });
  return {
    url: named('alerts.webhook.urlEnv', urlEnv) ?? url,
    routingKey: named('alerts.webhook.routingKeyEnv', routingKeyEnv),
  };
}

/** Found out when it is needed: a variable that is missing costs one channel, and not the run. */
function valueIn(env: Environment, { name, setting }: { name: string; setting: string }): string {
  const value = env[name];
  if (value) return value;
  throw new Undelivered(`the environment has no ${name}, which ${setting} names`, {
    isPassing: false,
  });
}

const SECRET_VARIABLES = [
  ENV.databaseUrl,
  ENV.restoreDatabaseUrl,
  ENV.passphrase,
  'PGPASSWORD',
  'DB_PASSWORD',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
];

/** What a program of the config gets of our environment: all but what opens a database, a repository or a channel. */
function withoutSecrets(
  env: Environment,
  { databases, alerts }: Pick<Config, 'databases' | 'alerts'>,
): NodeJS.ProcessEnv {
  const named = Object.values(databases).flatMap(({ passwordEnv, replica, restoreAs }) => [
    passwordEnv,
    replica?.passwordEnv,
    restoreAs?.passwordEnv,
  ]);
  const secrets = new Set([
    ...SECRET_VARIABLES,
    ...named,
    alerts?.email?.passwordEnv,
    alerts?.webhook?.urlEnv,
    alerts?.webhook?.routingKeyEnv,
  ]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.has(name)));
}
