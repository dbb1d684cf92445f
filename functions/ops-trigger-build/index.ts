import { serve } from '../_shared/serve.ts';
import { triggerBuild } from './handler.ts';

serve(triggerBuild);
