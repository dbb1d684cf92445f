import { serve } from '../_shared/serve.ts';
import { ingestMetrics } from './handler.ts';

serve(ingestMetrics);
