import { stringify } from 'yaml';

export interface TemplateOptions {
  name: string;
  url: string;
  folder: string;
  /** Instead of the folder. */
  bucket: { bucket: string; prefix: string | undefined; endpoint?: string | undefined } | undefined;
  keyFile: string;
}

/** The holdfast.yaml that `init` writes: short, with comments. holdfast.example.yaml has every setting. */
export function configTemplate({ name, url, folder, bucket, keyFile }: TemplateOptions): string {
  return `# Holdfast. Every setting is explained in holdfast.example.yaml and docs/CONFIG.md.

# Bound into every encrypted object.
project: ${quoted(name)}

databases:
  ${quoted(name)}:
    # No password here: use ~/.pgpass (mode 600), PGPASSWORD, passwordEnv or envFile.
    # A host other than this machine is verified by TLS (verify-full) unless sslmode says otherwise.
    url: ${quoted(url)}
    # The role that restores (README.md, "Your own database", has its CREATE ROLE). Password: ~/.pgpass or passwordEnv.
    # restoreAs: { user: ${quoted(`${name}_restore`)} }
    drill:
      # Tables that must hold a recent row in every restored copy.
      recent: []
      # - { table: vitals_samples, column: recorded_at, within: 26h }
      # Your own SQL queries: each returns one boolean (true passes) or one count (above zero passes).
      assertions: []
      # - { name: every patient has a user, sql: "SELECT NOT EXISTS (SELECT FROM patients WHERE user_id IS NULL)" }

repositories:
${bucket === undefined ? `  local:\n    folder: ${quoted(folder)}` : bucketTemplate(bucket)}

plans:
  nightly:
    databases: all
    schedule: "0 2 * * *"
    # Kept for 30 days; the last proven set is never released.
    keep: 30d

keys:
  # Mode 600, never inside a repository. Keep a copy in another place.
  file: ${quoted(keyFile)}
  # The public half of \`holdfast keygen --break-glass\`: opens every backup when the key above is gone.
  # breakGlass: ./break-glass.pem.pub
`;
}

function bucketTemplate({
  bucket,
  prefix,
  endpoint,
}: NonNullable<TemplateOptions['bucket']>): string {
  return `  offsite:
    # Credentials are found as every AWS tool finds them: AWS_PROFILE, the environment, or the role of this machine.
    bucket: ${quoted(bucket)}
    ${prefix === undefined ? '# prefix: clinic' : `prefix: ${quoted(prefix)}`}
    # region: eu-central-1
    # A store that is not AWS:
    ${endpoint === undefined ? '# endpoint: https://minio.example.internal:9000' : `endpoint: ${quoted(endpoint)}`}`;
}

function quoted(text: string): string {
  return stringify(text).trim();
}
