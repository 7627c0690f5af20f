import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const answerMsMax = 1000;

/** Whether something answers with 200 at a loopback address; certificates are not looked at. */
export function answersAt(url: string): Promise<boolean> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const asked = request(url, { rejectUnauthorized: false, timeout: answerMsMax }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
