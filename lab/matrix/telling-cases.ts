/**
 * Cases that show a fault at once, where no case names its primary clause: DEV-RESPONDS belongs to every access, and a sample would
 * come by the one access that hangs after a hundred cases.
 */
export const tellingCases: Readonly<Record<string, string>> = {
  'hang-on-empty-resume': 'device-state/matrix#from=resuming,to=running',
  'hang-on-error-request': 'device-state/error-on-request',
  'hang-on-reset-while-saving': 'resuming/reset-while-saving#state=pre-copy',
};
