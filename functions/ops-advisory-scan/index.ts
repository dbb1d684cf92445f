import { serve } from '../_shared/serve.ts';
import { scanAdvisories } from './handler.ts';

serve(scanAdvisories);
