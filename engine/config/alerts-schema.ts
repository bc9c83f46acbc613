import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { name, urlWithoutPassword } from './texts.ts';

const emailSchema = z.strictObject({
  to: z.array(z.email()).min(1).describe('Who is told.'),
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

const webhookSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Gets a POST of JSON; Slack and Mattermost show its `text`.'),
    urlEnv: name
      .optional()
      .describe(
        'Environment variable that holds the URL, where the URL itself is a secret; wins over url.',
      ),
  })
  .refine(({ url, urlEnv }) => (url ?? urlEnv) !== undefined, { message: 'needs url or urlEnv' });

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
