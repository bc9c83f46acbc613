import {
  drugs,
  familyNames,
  givenNames,
  instructions,
  note,
  pick,
  sentence,
} from './clinic-words.ts';

/** SQL for 64 bits that depend on nothing but the row number `i` and a salt: the same in every run. */
function bits(salt: string): string {
  return `('x' || md5('${salt}' || i))::bit(64)::bigint`;
}

/** How many rows of a table one INSERT statement makes at most. */
const chunk = 500_000;

/** INSERT statements for rows 1 to `rows` of a table, at most `chunk` rows each. */
function inserts(
  table: string,
  columns: string,
  rows: number,
  salt: string,
  select: string,
): string {
  const statements: string[] = [];
  for (let first = 1; first <= rows; first += chunk) {
    const last = Math.min(first + chunk - 1, rows);
    const source = `(SELECT i, ${bits(salt)} AS h FROM generate_series(${first}, ${last}) AS i OFFSET 0) AS g`;
    statements.push(`INSERT INTO ${table} (${columns})\nSELECT ${select}\nFROM ${source};`);
  }
  if (rows > 0)
    statements.push(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${rows});`);
  return statements.join('\n');
}

/**
 * SQL that fills an empty clinic: `vitals` rows of vitals, a quarter as many in the other four tables together, the newest a minute old.
 * The same rows in every run, apart from times, which count back from now(). Measured with plain pg_dump, all tables: 153 bytes of dump
 * text per row of vitals at 80,000 (100,060 rows, 12.2 MB, loads in 1 s), 159 at 7,000,000 (8,753,520 rows, 1.11 GB, 95 s);
 * gzip -6 makes that 2.7 times smaller, zstd -1 2.8 times.
 */
export function clinicRows({ vitals }: { vitals: number }): string {
  const patients = Math.max(1, Math.ceil(vitals / 80));
  const users = 20 + Math.ceil(patients / 25);
  const medications = patients * 3;
  const logs = Math.ceil(vitals / 5);
  const role = `(CASE WHEN i = 1 THEN 'admin' WHEN i % 10 = 0 THEN 'pharmacist' WHEN i % 25 = 1 THEN 'auditor'
    WHEN i % 4 = 0 THEN 'physician' ELSE 'nurse' END)::user_role`;
  const measured = `id, patient_id, message_id, recorded_by, heart_rate, systolic, diastolic, spo2, respiratory_rate, temperature,
    pulse_wave, note, recorded_at`;
  const newest = "now() - interval '1 minute'";
  return [
    inserts(
      'users',
      'id, username, full_name, email, role, active, created_at',
      users,
      'user',
      [
        'i',
        `lower(${pick(givenNames, 'h')}) || i`,
        `${pick(givenNames, 'h')} || ' ' || ${pick(familyNames, 'h >> 8')}`,
        `lower(${pick(givenNames, 'h')}) || i || '@clinic.example'`,
        role,
        'i % 17 <> 0',
        "now() - interval '2 years' + i * interval '4 hours 13 minutes'",
      ].join(', '),
    ),
    inserts(
      'patients',
      'id, record_number, given_name, family_name, born_on, phone, attending_id, notes, created_at',
      patients,
      'patient',
      [
        'i',
        "'DEMO-' || lpad(i::text, 7, '0')",
        pick(givenNames, 'h'),
        pick(familyNames, 'h >> 8'),
        "date '1930-01-01' + (h >> 16 & 32767)::int % 29000",
        "'+1 555 01' || lpad((h >> 20 & 127)::int % 100 || '', 2, '0')",
        `1 + (h >> 24 & 1048575)::int % ${users}`,
        `CASE WHEN i % 3 > 0 THEN ${note('h >> 37')} || ' ' || ${sentence('h >> 27')} END`,
        "now() - interval '400 days' + (h >> 12 & 16777215) * interval '2 seconds'",
      ].join(', '),
    ),
    inserts(
      'vitals_samples',
      measured,
      vitals,
      'vitals',
      [
        'i',
        `1 + (i % ${patients})`,
        "md5('message' || i)::uuid",
        `CASE WHEN h & 3 = 0 THEN 1 + (h >> 24 & 1048575)::int % ${users} END`,
        '58 + (h >> 2 & 31) + (h >> 7 & 15)',
        '104 + (h >> 11 & 31) + (h >> 16 & 7)',
        '62 + (h >> 19 & 15)',
        '93 + (h >> 23 & 7) % 7',
        '12 + (h >> 26 & 7)',
        '36.20 + (h >> 29 & 15) * 0.1 + (h >> 47 & 7) * 0.01',
        "CASE WHEN h & 3 = 1 THEN substr(sha256(('wave' || i)::bytea), 1, 12) END",
        `CASE WHEN h >> 32 & 31 < 3 THEN ${note('h >> 37')} END`,
        `date_trunc('milliseconds', ${newest} - (${vitals} - i) * interval '30 days' / ${vitals})`,
      ].join(', '),
    ),
    inserts(
      'medications',
      'id, patient_id, prescribed_by, name, dose_mg, times_per_day, instructions, active, created_at',
      medications,
      'drug',
      [
        'i',
        `1 + (i % ${patients})`,
        `1 + (h >> 24 & 1048575)::int % ${users}`,
        pick(drugs, 'h'),
        '(1 + (h >> 4 & 15)) * 12.5',
        '1 + (h >> 8 & 3)',
        pick(instructions, 'h >> 10'),
        'i % 9 <> 0',
        "now() - interval '60 days' + (h >> 12 & 4194303) * interval '1 second'",
      ].join(', '),
    ),
    inserts(
      'medication_logs',
      'id, medication_id, scan_id, given_by, given, dose_mg, note, recorded_at',
      logs,
      'log',
      [
        'i',
        `1 + (i % ${medications})`,
        "md5('scan' || i)::uuid",
        `1 + (h >> 24 & 1048575)::int % ${users}`,
        'h & 15 <> 0',
        'CASE WHEN h & 15 <> 0 THEN (1 + (h >> 4 & 15)) * 12.5 ELSE 0 END',
        `CASE WHEN h & 15 = 0 OR h & 7 = 1 THEN ${note('h >> 37')} END`,
        `date_trunc('milliseconds', ${newest} - (${logs} - i) * interval '30 days' / ${logs})`,
      ].join(', '),
    ),
  ].join('\n\n');
}
