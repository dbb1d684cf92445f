import { serve } from '../_shared/serve.ts';
import { sync } from './handler.ts';

serve(sync);
