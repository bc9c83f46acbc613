import { type AlertMessage, paragraphOf } from '../alert-message.ts';

/** Where a message goes. */
export interface WebhookTarget {
  url: string;
  /** Of PagerDuty: names the service, and is a secret. */
  routingKey?: string | undefined;
}

/** One POST of JSON. */
export interface WebhookRequest {
  url: string;
  body: unknown;
}

/** What a service is sent for one message. A request may be sent twice. */
export type WebhookFormat = (message: AlertMessage, target: WebhookTarget) => WebhookRequest[];

/** The message below its subject: each alert, what goes on, and where to look. */
export function paragraphsOf({ alerts, open, at, ...origin }: AlertMessage): {
  alerts: string[];
  end: string[];
} {
  const { project, host, command } = origin;
  const going =
    open.length === 0
      ? []
      : [['Told before, and going on:', ...open.map((line) => `  ${line}`)].join('\n')];
  return {
    alerts: alerts.map((alert) => paragraphOf(alert, at)),
    end: [...going, `Project ${project} on ${host}. How everything is now: ${command}`],
  };
}

/** Stands for alerts that do not fit into a message. */
export function moreAlerts(count: number): string {
  return `... and ${count} more; the command that shows everything: holdfast check`;
}
