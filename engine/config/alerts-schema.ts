import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { name, urlWithoutPassword } from './texts.ts';

const emailSchema = z.strictObject({
  to: z.array(z.email()).min(1).describe('Who gets the mails.'),
  from: z.email().describe('Sender address.'),
  smtp: urlWithoutPassword
    .refine((text) => /^smtps?:\/\//.test(text), {
      message: 'expected smtp://[user@]host[:port] or smtps://...',
    })
    .optional()
    .describe(
      'smtp://[user@]host[:port] (STARTTLS where the server has it) or smtps://; else the sendmail program.',
    ),
  passwordEnv: name
    .optional()
    .describe("Environment variable that holds the SMTP user's password."),
});

/** What `alerts.webhook.format` may be; `json` is the message itself. */
export const WEBHOOK_FORMATS = [
  'json',
  'slack',
  'teams',
  'discord',
  'pagerduty',
  'alertmanager',
  'ntfy',
] as const;
export type WebhookFormatName = (typeof WEBHOOK_FORMATS)[number];

const webhookSchema = z
  .strictObject({
    format: z
      .enum(WEBHOOK_FORMATS)
      .default('json')
      .describe(
        "What is sent: `json` (Holdfast's own, whose `text` Mattermost shows too), or what that service expects.",
      ),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'Gets a POST of JSON. `pagerduty` needs none; `ntfy` takes the address of the topic.',
      ),
    urlEnv: name
      .optional()
      .describe(
        'Environment variable that holds the URL, where the URL itself is a secret; wins over url.',
      ),
    routingKeyEnv: name
      .optional()
      .describe("Environment variable that holds PagerDuty's integration key (`pagerduty` only)."),
  })
  .refine(({ url, urlEnv, format }) => (url ?? urlEnv) !== undefined || format === 'pagerduty', {
    message: 'needs url or urlEnv',
  })
  .refine(
    ({ routingKeyEnv, format }) => (routingKeyEnv !== undefined) === (format === 'pagerduty'),
    {
      message: 'needs routingKeyEnv with format pagerduty, and with no other',
    },
  );

export const alertsSchema = z.strictObject({
  email: emailSchema.optional().describe('Alerts by e-mail.'),
  webhook: webhookSchema.optional().describe('Alerts by HTTP POST to a URL.'),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('A program and its arguments; the alert is JSON on its standard input.'),
  coolDown: durationSchema.prefault('6h').describe('How long before the same alert is repeated.'),
  stateFolder: name
    .default('~/.local/state/holdfast')
    .describe('Folder of the alert state, one file per project.'),
});

export type AlertsConfig = z.output<typeof alertsSchema>;
