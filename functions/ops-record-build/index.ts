import { serve } from '../_shared/serve.ts';
import { recordBuild } from './handler.ts';

serve(recordBuild);
