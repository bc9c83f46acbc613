interface Parts {
  cluster: string;
  task: string;
  absent: string;
  fn: string;
  subnet: string;
  securityGroup: string;
}

/**
 * Map over `items`, each {deed}: a task, once more after exit code 75, then what the function says. What failed is caught, parsed and listed;
 * an item {deed: 'abort'} fails the execution.
 */
export function definitionOf(parts: Parts): string {
  return JSON.stringify({
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: {
          'deed.$': '$$.Map.Item.Value.deed',
          'name.$': "States.Format('{}-{}', $.run, $$.Map.Item.Index)",
        },
        MaxConcurrency: 2,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Which',
          States: statesOf(parts),
        },
        ResultPath: '$.results',
        End: true,
      },
    },
  });
}

function statesOf(parts: Parts) {
  return {
    Which: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.deed', StringEquals: 'absent', Next: 'Absent' },
        { Variable: '$.deed', StringEquals: 'abort', Next: 'Abort' },
      ],
      Default: 'Run',
    },
    Run: { ...runTask(parts, parts.task), Next: 'Tell' },
    Absent: { ...runTask(parts, parts.absent), Next: 'Tell' },
    Abort: { Type: 'Fail', Error: 'Aborted', Cause: 'it was told to' },
    Tell: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: parts.fn, Payload: { 'say.$': '$.name' } },
      ResultSelector: { 'answer.$': '$.Payload.answer' },
      ResultPath: '$.told',
      Next: 'Done',
    },
    Failed: {
      Type: 'Pass',
      Parameters: { 'deed.$': '$.deed', 'error.$': '$.failure.Error', 'task.$': '$.failure.Cause' },
      End: true,
    },
    Done: { Type: 'Pass', End: true },
  };
}

function runTask({ cluster, subnet, securityGroup }: Parts, task: string) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::ecs:runTask.sync',
    TimeoutSeconds: 8,
    Parameters: {
      Cluster: cluster,
      TaskDefinition: task,
      LaunchType: 'FARGATE',
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          Subnets: [subnet],
          SecurityGroups: [securityGroup],
          AssignPublicIp: 'DISABLED',
        },
      },
      Overrides: { ContainerOverrides: [{ Name: 'program', 'Command.$': 'States.Array($.deed)' }] },
    },
    ResultSelector: { 'exitCode.$': '$.Containers[0].ExitCode', 'arn.$': '$.TaskArn' },
    ResultPath: '$.task',
    Retry: [
      { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 60, MaxAttempts: 1, BackoffRate: 2 },
    ],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Failed' }],
  };
}
