import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { roleSession } from '../../engine/adapters/role-session.ts';
import { makeS3Client } from '../../engine/adapters/s3-client.ts';
import { S3Repository } from '../../engine/adapters/s3-repository.ts';

const ROLE = 'arn:aws:iam::123456789012:role/holdfast-clinic-drill-reader';
const SESSION = {
  role: ROLE,
  name: '20261122T020000Z-7f3a',
  policy: '{"Version":"2012-10-17","Statement":[]}',
};
const HOUR_MS = 3_600_000;

interface Heard {
  /** The access key that signed it. */
  signedBy: string;
  url: string;
  form: Record<string, string>;
}

describe('a session of another role', () => {
  let stop: () => void = () => undefined;

  afterEach(() => {
    stop();
    stop = () => undefined;
  });

  /** STS, whose n-th session has the key SESSION<n> and lasts so long, and a bucket in which every object is there. */
  async function startAws({ lastsMs = HOUR_MS, refusal = undefined as string | undefined } = {}) {
    const heard: Heard[] = [];
    const server = createServer(async (request, response) => {
      const body = await text(request);
      const signedBy = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const form = Object.fromEntries(new URLSearchParams(body));
      heard.push({ signedBy, url: request.url ?? '', form });
      if (form.Action !== 'AssumeRole')
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('rows');
      else if (refusal !== undefined) response.writeHead(403).end(refused(refusal));
      else
        response
          .writeHead(200, { 'content-type': 'text/xml' })
          .end(granted(heard.filter(isAssumption).length, lastsMs));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stop = () => {
      server.closeAllConnections();
      server.close();
    };
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = {
      AWS_ACCESS_KEY_ID: 'OWN',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: endpoint,
    };
    const client = makeS3Client({
      env,
      credentials: roleSession({ ...SESSION, env }),
      baseDelayMs: 1,
    });
    const repository = new S3Repository({
      client,
      bucket: 'vault',
      isOtherStore: true,
      baseDelayMs: 1,
    });
    return { heard, repository };
  }

  it('is asked for with the policy and the name, by whom the environment says, and signs what is read', async () => {
    const { heard, repository } = await startAws();
    expect((await repository.get('daily/clinic/x/data.dump.zst.esdk')).toString()).toBe('rows');
    expect(heard[0]).toMatchObject({
      signedBy: 'OWN',
      form: {
        RoleArn: ROLE,
        RoleSessionName: SESSION.name,
        Policy: SESSION.policy,
        DurationSeconds: '3600',
      },
    });
    expect(heard.slice(1).map(({ signedBy, url }) => [signedBy, url.split('?')[0]])).toEqual([
      ['SESSION1', '/vault/daily/clinic/x/data.dump.zst.esdk'],
    ]);
  });

  it.each([
    ['is one for many requests', HOUR_MS, true],
    ['is followed by another one before it ends', 60_000, false],
  ])('%s', async (_, lastsMs, isOne) => {
    const { heard, repository } = await startAws({ lastsMs });
    for (const key of ['a', 'b', 'c']) await repository.get(key);
    const reads = heard.filter((call) => !isAssumption(call)).map(({ signedBy }) => signedBy);
    expect(reads).toHaveLength(3);
    expect(new Set(reads).size === 1).toBe(isOne);
    expect(heard.filter(isAssumption).map(({ signedBy }) => signedBy)).toEqual(
      heard.filter(isAssumption).map(() => 'OWN'),
    );
  });

  it('that is refused says who refused what, not that the bucket did', async () => {
    const { repository } = await startAws({ refusal: 'AccessDenied' });
    await expect(repository.get('a')).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: `sts:AssumeRole on ${ROLE} was refused`,
    });
  });
});

function isAssumption({ form }: Heard): boolean {
  return form.Action === 'AssumeRole';
}

function granted(number: number, lastsMs: number): string {
  const expiration = new Date(Date.now() + lastsMs).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>SESSION${number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
    <Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

function refused(code: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>
    <Message>no</Message></Error></ErrorResponse>`;
}
