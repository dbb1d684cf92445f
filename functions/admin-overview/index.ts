import { serve } from '../_shared/serve.ts';
import { adminOverview } from './handler.ts';

serve(adminOverview);
