import { serve } from '../_shared/serve.ts';
import { adminOpsAlerts } from './handler.ts';

serve(adminOpsAlerts);
