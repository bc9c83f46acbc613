import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';

/** Has cdk-nag judge every resource at synth: a finding without a written reason ends it, and cdk.out/validation-report.json has the reasons. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(
    new HIPAASecurityChecks(app, { verbose: true }),
    new AwsSolutionsChecks(app, { verbose: true }),
  );
}
