import { App } from 'aws-cdk-lib';
import { authorityTexts } from '../engine/composition/authority-texts.ts';
import { breakGlassText } from '../engine/composition/break-glass-text.ts';
import { loadConfig } from '../engine/composition/load-config.ts';
import { HoldfastError } from '../engine/errors.ts';
import { addChecks } from '../lib/checks.ts';
import { addStacks } from '../lib/holdfast-app.ts';

/** What `npx cdk deploy --all` makes of holdfast.yaml, of $HOLDFAST_CONFIG, or of `-c config=FILE`. */
try {
  const app = new App();
  const loaded = await loadConfig({
    configPath: app.node.tryGetContext('config'),
    env: process.env,
    cwd: process.cwd(),
  });
  const breakGlass = await breakGlassText(loaded);
  const { aws } = loaded.config;
  const authorities = aws === undefined ? undefined : await authorityTexts(loaded, aws);
  addChecks(app);
  addStacks(app, {
    config: loaded.config,
    breakGlass,
    authorities,
    defaultAccount: process.env.CDK_DEFAULT_ACCOUNT,
    now: new Date(),
  });
  app.synth();
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error([error.message, error.hint].filter((line) => line !== undefined).join('\n'));
  process.exitCode = 1;
}
