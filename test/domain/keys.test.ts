import { describe, expect, it } from 'vitest';
import { judgeKey, type KeyState, type KmsKeyState } from '../../engine/domain/health/keys.ts';
import type { Asked } from '../../engine/domain/repository/store-settings.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const ENABLED: KmsKeyState = {
  ...{ kind: 'kms', arn: 'arn:a', state: 'Enabled', deletionAt: null, expiresAt: null },
  rotates: { told: true },
};
const judge = (
  asked: Asked<KeyState>,
  {
    whenRefused = 'warning',
    mayBeAbsent = false,
  }: { whenRefused?: 'warning' | 'ok'; mayBeAbsent?: boolean } = {},
) =>
  judgeKey(
    { name: 'envelope key', id: 'alias/a', stakes: 'nothing can be opened', asked, mayBeAbsent },
    { now: NOW, whenRefused },
  ).map(({ severity, detail }) => `${severity}: ${detail}`);
const kms = (changed: Partial<KmsKeyState>) => judge({ told: { ...ENABLED, ...changed } });
const file = (changed: object) =>
  judge({ told: { kind: 'file', isThere: true, mode: 0o600, isOurs: true, ...changed } });

describe('a key', () => {
  it('that is enabled and rotates is well, and so is one that is being made', () => {
    expect(kms({})).toEqual([]);
    expect(kms({ state: 'Creating', rotates: null })).toEqual([]);
  });

  it.each([
    ['NotFound', 'does not exist'],
    ['Disabled', 'is disabled'],
    ['PendingDeletion', 'is pending deletion'],
    ['PendingReplicaDeletion', 'is pending deletion'],
    ['PendingImport', 'has no key material'],
    ['Unavailable', 'is unavailable'],
  ])('in the state %s is critical', (state, what) => {
    expect(kms({ state, rotates: null })).toEqual([
      expect.stringMatching(new RegExp(`^critical: alias/a ${what}.*: nothing can be opened$`)),
    ]);
  });

  it('says when it is deleted', () => {
    const [found] = kms({ state: 'PendingDeletion', deletionAt: inDays(7), rotates: null });
    expect(found).toContain('deleted on 2026-11-29 12:00 UTC');
  });

  it('without rotation is a warning; a kind that has none is not', () => {
    expect(kms({ rotates: { told: false } })).toEqual([
      'warning: alias/a is not rotated automatically',
    ]);
    expect(kms({ rotates: null })).toEqual([]);
  });

  it('with imported material is a warning 30 days before it expires, and critical a week before', () => {
    expect(kms({ expiresAt: inDays(31), rotates: null })).toEqual([]);
    expect(kms({ expiresAt: inDays(30), rotates: null })[0]).toMatch(/^warning: .*2026-12-22/);
    expect(kms({ expiresAt: inDays(7), rotates: null })[0]).toMatch(/^critical: /);
  });

  it('that may not be described is named, as is a rotation that may not be asked', () => {
    const refused = { refused: 'kms:DescribeKey is denied' };
    const named = 'not known: the state of alias/a (kms:DescribeKey is denied)';
    expect(judge(refused)).toEqual([`warning: ${named}`]);
    expect(judge(refused, { whenRefused: 'ok' })).toEqual([`ok: ${named}`]);
    expect(kms({ rotates: { refused: 'no' } })).toEqual([
      'warning: not known: the rotation of alias/a (no)',
    ]);
    expect(kms({ rotates: { refused: 'no' }, expiresAt: inDays(1) })[0]).toMatch(/^critical/);
  });

  it('in a file has to be there, private and ours', () => {
    expect(file({})).toEqual([]);
    expect(file({ isThere: false })[0]).toMatch(/^critical: alias\/a is not there/);
    expect(file({ mode: 0o640 })[0]).toMatch(/^critical: .*mode 640/);
    expect(file({ mode: null })).toEqual([]);
    expect(file({ isOurs: false })).toEqual(['warning: alias/a belongs to another user']);
    const absent = { kind: 'file', isThere: false, mode: null, isOurs: true } as const;
    expect(judge({ told: absent }, { mayBeAbsent: true })).toEqual([]);
  });
});
