/** GitHub's event as a word of ops.builds.trigger. */
export function triggerOf(event: string): string {
  switch (event) {
    case 'workflow_dispatch':
    case 'repository_dispatch':
      return 'dispatch';
    case 'schedule':
      return 'schedule';
    default:
      return 'push';
  }
}
