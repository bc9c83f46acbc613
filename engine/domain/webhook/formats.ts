import type { WebhookFormatName } from '../../config/alerts-schema.ts';
import { alertmanagerFormat } from './alertmanager.ts';
import { discordFormat } from './discord.ts';
import { ntfyFormat } from './ntfy.ts';
import { pagerDutyFormat } from './pagerduty.ts';
import { slackFormat } from './slack.ts';
import { teamsFormat } from './teams.ts';
import type { WebhookFormat } from './webhook-request.ts';

/** What each service is sent. */
export const FORMAT_OF: Record<WebhookFormatName, WebhookFormat> = {
  json: (message, { url }) => [{ url, body: message }],
  slack: slackFormat,
  teams: teamsFormat,
  discord: discordFormat,
  pagerduty: pagerDutyFormat,
  alertmanager: alertmanagerFormat,
  ntfy: ntfyFormat,
};
