/** The holdfast.yaml of the demo, as small as one can be that asks a drill for more than equal rows. */
export function demoConfig(url: string): string {
  return `project: demo-clinic

databases:
  clinic:
    url: ${url}
    drill:
      recent:
        - { table: vitals_samples, column: recorded_at, within: 26h }
      assertions:
        - { name: no medication log without a medication, sql: "SELECT NOT EXISTS (SELECT FROM medication_logs l LEFT JOIN medications m ON m.id = l.medication_id WHERE m.id IS NULL)" }

repositories:
  local: { folder: ./backups }

plans:
  nightly: { keep: 30d }

keys: { file: ./key }
`;
}
