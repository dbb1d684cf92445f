import { serve } from '../_shared/serve.ts';
import { checkOpenRouter } from './handler.ts';

serve(checkOpenRouter);
