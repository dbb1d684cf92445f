import { serve } from '../_shared/serve.ts';
import { workJobs } from './handler.ts';

serve(workJobs);
