/** The forms of the API's answers, as a client sees them. */
export interface PrometheusAnswer<T> {
  status: string;
  data: T;
  error?: string;
  errorType?: string;
  code?: string;
  warnings?: string[];
  infos?: string[];
}

export interface Vector {
  resultType: string;
  result: { metric: Record<string, string>; value: [number, string] }[];
}

export interface Matrix {
  resultType: string;
  result: { metric: Record<string, string>; values: [number, string][] }[];
}

export interface ApiError {
  status: string;
  error: string;
  errorType: string;
  code?: string;
}
