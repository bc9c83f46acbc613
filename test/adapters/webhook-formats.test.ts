import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { WebhookNotifier } from '../../engine/adapters/webhook-notifier.ts';
import { WEBHOOK_FORMATS, type WebhookFormatName } from '../../engine/config/alerts-schema.ts';
import { channelTest } from '../../engine/domain/alert/channel-test.ts';
import { checkKey, runKey } from '../../engine/domain/alert-key.ts';
import { type AlertMessage, alertMessage } from '../../engine/domain/alert-message.ts';
import { type AlertState, decideAlerts, type Problem } from '../../engine/domain/alerts.ts';
import { FORMAT_OF } from '../../engine/domain/webhook/formats.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import {
  alertmanagerSchema,
  discordSchema,
  ntfySchema,
  pagerDutySchema,
  slackSchema,
  teamsSchema,
} from '../fixtures/webhook-schemas.ts';

const ROUTING_KEY = 'e93facc04764012d7bfb002500d5d1a6';
const ORIGIN = { project: 'ward', host: 'vm', config: '/srv/holdfast.yaml' };
const AT = new Date('2026-11-22T04:00:00Z');
const LATER = new Date('2026-11-22T09:00:00Z');

const HOSTILE = '<!channel> *b* _i_ `c` [l](http://x) @everyone & <b> \u{1f600}"\\';
const failed: Problem = {
  key: runKey({ operation: 'backup', plan: 'nightly', database: 'clinic' }),
  severity: 'critical',
  title: 'clinic/nightly: backup failed (CONNECTION_FAILED)',
  detail: 'the server does not answer',
  since: null,
  hint: 'Look at its log.',
};
const full: Problem = {
  key: checkKey({ plan: null, database: null, repository: 'local', verdict: 'disk' }),
  severity: 'warning',
  title: 'repository local: disk',
  detail: 'the disk is 90 % full',
  since: new Date('2026-11-21T04:00:00Z'),
  hint: null,
};
const manyHostile = Array.from({ length: 80 }, (_, index): Problem => {
  const name = `${HOSTILE} ${index}`.repeat(4);
  return {
    ...full,
    key: checkKey({ plan: 'p', database: name, repository: 'r', verdict: 'corrupt' }),
    title: name.slice(0, 150),
    detail: name.repeat(index === 0 ? 60 : 2),
    hint: name,
  };
});

/** What is told of these problems, and what is then remembered of them. */
function tell(problems: readonly Problem[], { told = {}, at = AT }: TellOptions = {}) {
  const { alerts, open, changes } = decideAlerts(
    told,
    { at, problems, wouldSee: () => true },
    { coolDownSeconds: 60 },
  );
  const message = alertMessage(alerts, { ...ORIGIN, at, open });
  const known = Object.entries({ ...told, ...changes }).filter(([, one]) => one !== null);
  return { message, told: Object.fromEntries(known) as AlertState };
}
interface TellOptions {
  told?: AlertState;
  at?: Date;
}

const SCHEMAS: Record<Exclude<WebhookFormatName, 'json'>, z.ZodType> = {
  slack: slackSchema,
  teams: teamsSchema,
  discord: discordSchema,
  pagerduty: pagerDutySchema,
  alertmanager: alertmanagerSchema,
  ntfy: ntfySchema,
};

describe('a webhook of another service', () => {
  let hook: Hook;

  beforeAll(async () => {
    hook = await startHook();
  });
  beforeEach(() => {
    hook.requests.length = 0;
    hook.answers(202);
  });
  afterAll(() => hook.stop());

  /** The bodies that the service is sent, each as its documentation wants it. */
  async function sent<T = Record<string, unknown>>(
    format: Exclude<WebhookFormatName, 'json'>,
    message: AlertMessage,
  ): Promise<T[]> {
    const target = () => ({ url: hook.url, routingKey: ROUTING_KEY });
    hook.requests.length = 0;
    await new WebhookNotifier({ target, format: FORMAT_OF[format], pauseMs: 1 }).deliver(message);
    return hook.requests.map(({ body }) => {
      const json: unknown = JSON.parse(body);
      const parsed = SCHEMAS[format].safeParse(json);
      expect(parsed.error?.issues ?? [], format).toEqual([]);
      return json as T;
    });
  }

  it('has a schema for every format', () => {
    expect(['json', ...Object.keys(SCHEMAS)].sort()).toEqual([...WEBHOOK_FORMATS].sort());
  });

  it.each(
    Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[],
  )('%s gets what its documentation asks for: problems, what got worse, ends, tests, and 80 hostile ones', async (format) => {
    const first = tell([failed, full]);
    const worse = tell([{ ...full, severity: 'critical' }], { told: first.told, at: LATER });
    const over = tell([], { told: worse.told, at: LATER });
    const test = channelTest({ ...ORIGIN, by: 'me@vm', at: AT });
    for (const message of [first.message, worse.message, over.message, test]) {
      const text = JSON.stringify(await sent(format, message));
      if (format !== 'pagerduty') expect(text).toContain('ward');
      if (format !== 'pagerduty') expect(text).not.toContain(ROUTING_KEY);
    }
    await sent(format, tell(manyHostile).message);
    const [{ told }] = [tell(manyHostile)];
    await sent(format, tell([], { told, at: LATER }).message);
  });

  it.each([
    'slack',
    'teams',
    'discord',
    'ntfy',
  ] as const)('%s says how many alerts did not fit', async (format) => {
    const [body] = await sent(format, tell(manyHostile).message);
    expect(JSON.stringify(body).replaceAll('\\', '')).toMatch(/\.\.\. and \d+ more; the command/);
  });

  it('pagerduty gets one event for each alert, and the end resolves what the problem opened', async () => {
    const first = tell([failed, full]);
    const triggers = await sent<PagerDutyEvent>('pagerduty', first.message);
    expect(triggers).toMatchObject([
      {
        event_action: 'trigger',
        routing_key: ROUTING_KEY,
        dedup_key: 'holdfast/ward/run/backup/nightly/clinic',
        payload: {
          summary: `[holdfast ward] ${failed.title}: ${failed.detail}`,
          severity: 'critical',
          component: 'clinic',
          source: 'vm',
          custom_details: { next: 'Look at its log.', since: AT.toISOString() },
        },
      },
      { event_action: 'trigger', payload: { severity: 'warning' } },
    ]);
    const ends = await sent<PagerDutyEvent>(
      'pagerduty',
      tell([], { told: first.told, at: LATER }).message,
    );
    expect(ends.map(({ event_action }) => event_action)).toEqual(['resolve', 'resolve']);
    expect(keysOf(ends)).toEqual(keysOf(triggers));
    const many = await sent<PagerDutyEvent>('pagerduty', tell(manyHostile).message);
    expect(new Set(keysOf(many)).size).toBe(80);
  });

  it('pagerduty that refuses one event gets all of them again', async () => {
    hook.answers(202, 400);
    await expect(sent('pagerduty', tell([failed, full]).message)).rejects.toThrow('HTTP 400');
    hook.answers(202);
    expect(await sent('pagerduty', tell([failed, full]).message)).toHaveLength(2);
  });

  it('alertmanager gets ends under the labels of the problem, also where its severity changed', async () => {
    const first = tell([failed, full]);
    const [problems = []] = await sent<PostedAlert[]>('alertmanager', first.message);
    expect(hook.requests[0]?.path).toBe('/T0/secret-of-the-hook/api/v2/alerts');
    expect(problems).toMatchObject([
      {
        labels: {
          alertname: 'HoldfastBackupFailed',
          severity: 'critical',
          ...{ project: 'ward', plan: 'nightly', database: 'clinic', operation: 'backup' },
        },
        annotations: { summary: failed.title, next: 'Look at its log.' },
      },
      { labels: { alertname: 'HoldfastDisk', severity: 'warning', repository: 'local' } },
    ]);
    for (const { endsAt } of problems) expect(Date.parse(endsAt)).toBeGreaterThan(+AT + 31 * 864e5);
    const worse = tell([failed, { ...full, severity: 'critical' }], {
      told: first.told,
      at: LATER,
    });
    const [changed = []] = await sent<PostedAlert[]>('alertmanager', worse.message);
    const ofDisk = changed.filter(({ labels }) => labels.alertname === 'HoldfastDisk');
    expect(
      ofDisk.map(({ labels, endsAt }) => [labels.severity, +new Date(endsAt) > +LATER]),
    ).toEqual([
      ['warning', false],
      ['critical', true],
    ]);
    const [ends = []] = await sent<PostedAlert[]>(
      'alertmanager',
      tell([], { told: worse.told, at: LATER }).message,
    );
    expect(ends.map(({ endsAt }) => endsAt)).toEqual([LATER.toISOString(), LATER.toISOString()]);
    expect(ends.map(({ labels }) => labels)).toEqual(
      expect.arrayContaining([problems[0]?.labels, ofDisk[1]?.labels]),
    );
  });

  it('ntfy is sent JSON at its root, with the topic of the address', async () => {
    const [body] = await sent('ntfy', tell([failed]).message);
    expect(hook.requests[0]?.path).toBe('/T0/');
    expect(body).toMatchObject({
      topic: 'secret-of-the-hook',
      title: `[holdfast ward] CRITICAL ${failed.title}`,
      priority: 5,
      tags: ['rotating_light'],
      message: expect.stringContaining('next: Look at its log.'),
    });
  });

  it('slack and discord mention nobody, and teams makes no links, whatever names hold', async () => {
    const hostile = tell([{ ...failed, title: HOSTILE, detail: HOSTILE }]).message;
    expect(JSON.stringify(await sent('slack', hostile))).toContain('&lt;!channel&gt;');
    expect(JSON.stringify(await sent('slack', hostile))).not.toContain('<!');
    expect(await sent('discord', hostile)).toMatchObject([{ allowed_mentions: { parse: [] } }]);
    expect(JSON.stringify(await sent('discord', hostile))).toContain('\\\\[l\\\\]\\\\(http');
    expect(JSON.stringify(await sent('teams', hostile))).not.toContain('"TextBlock"');
  });
});

interface PagerDutyEvent {
  event_action: string;
  dedup_key: string;
}

interface PostedAlert {
  labels: Record<string, string>;
  endsAt: string;
}

function keysOf(events: readonly PagerDutyEvent[]): string[] {
  return events.map(({ dedup_key }) => dedup_key).sort();
}
