import { serve } from '../_shared/serve.ts';
import { executeRuns } from './handler.ts';

serve(executeRuns);
