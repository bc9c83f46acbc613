import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { endSessions } from '../../engine/operations/sessions.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';

const NAME = 'holdfast end of sessions';

describe('the sessions of a run', () => {
  let database: TestDatabase;
  const sessions: Session[] = [];

  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterEach(() => void sessions.splice(0));
  afterAll(() => database.drop());

  const open = async () => {
    const settings = await resolveConnection({ url: database.url }, { layers: [] });
    const session = await Session.open(settings, { applicationName: NAME });
    sessions.push(session);
    return session;
  };
  const left = () =>
    database.query('SELECT pid FROM pg_stat_activity WHERE application_name = $1', [NAME]);
  const terminate = (which: Session[]) =>
    database.query('SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) pid', [
      which.map(({ announcedPid }) => announcedPid),
    ]);

  it('are ended on the server by one that still answers, where the first is lost', async () => {
    const [first, second, busy] = [await open(), await open(), await open()];
    const sleeping = busy.query('SELECT pg_sleep(60)').catch(() => undefined);
    await terminate([first]);
    const notes: string[] = [];
    await endSessions([first, second], {
      applicationName: NAME,
      onNote: (note) => notes.push(note),
    });
    await sleeping;
    expect(notes).toEqual([]);
    await vi.waitFor(async () => expect(await left()).toEqual([]));
  });

  it('are reported where none of them answers', async () => {
    const [first, second] = [await open(), await open()];
    await terminate([first, second]);
    const notes: string[] = [];
    await endSessions([first, second], {
      applicationName: NAME,
      onNote: (note) => notes.push(note),
    });
    expect(notes).toEqual([
      expect.stringMatching(/^sessions of this run could not be ended on the server, .*: .*\w/),
    ]);
  });
});
