// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';
import type { Given, Question } from './question.js';

/** Whoever answers questions. Rejects when it will not go on. */
export interface Interview {
  ask(question: Question, given: Given): Promise<string>;
  confirm(message: string): Promise<boolean>;
}

function option(question: Question): string {
  const file = question.kind === 'secret' ? ` (or --${question.name}-file)` : '';
  return `--${question.name} ${question.value}${file}`;
}

function refuse(question: Question, text: string, why: string): SkydiveError {
  const shown = question.kind === 'secret' ? '' : ` "${text}"`;
  return new SkydiveError('SKY_E_BAD_REQUEST', `--${question.name}${shown}: ${why}`);
}

function check(question: Question, text: string, given: Given): string | undefined {
  const { choices } = question;
  if (choices !== undefined && !choices.some(({ value }) => value === text)) {
    return `it is one of ${choices.map(({ value }) => value).join(', ')}`;
  }
  return question.wrong?.(text, given);
}

/**
 * The answers: those of `options`, and of `interview` those that are missing. Without an interview proposals are taken,
 * and the error names every option that has to be given.
 */
export async function answerAll(
  questions: readonly Question[],
  options: Given,
  interview: Interview | undefined,
): Promise<Given> {
  const given: Record<string, string> = {};
  const missing: Question[] = [];
  for (const question of questions) {
    const { name } = question;
    const option = options[name];
    if (!question.applies(given)) {
      // What depends on an answer that is missing may still turn out to matter.
      if (option !== undefined && missing.length === 0) {
        throw refuse(
          question,
          option,
          `it has no meaning for --role ${given['role']} with the other answers`,
        );
      }
      continue;
    }
    if (option !== undefined) {
      const why = check(question, option, given);
      if (why !== undefined) throw refuse(question, option, why);
      given[name] = option;
    } else if (interview !== undefined) {
      given[name] = await interview.ask(question, given);
    } else {
      const proposal = question.proposal?.(given);
      if (proposal === undefined) {
        missing.push(question);
        continue;
      }
      const why = check(question, proposal, given);
      if (why !== undefined) throw refuse(question, proposal, why);
      given[name] = proposal;
    }
  }
  if (missing.length > 0) throw unanswered(questions, missing);
  return given;
}

function unanswered(questions: readonly Question[], missing: readonly Question[]): SkydiveError {
  const optional = questions
    .filter((question) => question.proposal !== undefined)
    .map(({ name }) => `--${name}`);
  const roles = missing.some(({ name }) => name === 'role')
    ? '; agent also needs --analyzers, inventory --analyzers and --agents'
    : '';
  return new SkydiveError(
    'SKY_E_BAD_REQUEST',
    `there is no terminal to ask on: give ${missing.map(option).join(', ')}${roles}; where they matter, these have defaults: ${optional.join(', ')}`,
  );
}

/** Asks on the terminal; the questions go to standard error, standard output is for what is written. */
export async function terminalInterview(): Promise<Interview> {
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ output: process.stderr });
  const stopped = (error: unknown) => {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new SkydiveError('SKY_E_BAD_REQUEST', 'stopped, nothing was written');
    }
    throw error;
  };
  return {
    async ask(question, given) {
      const base = { name: 'answer', message: question.message(given) } as const;
      const validate = (text: string) => check(question, text.trim(), given) ?? true;
      const proposal = question.proposal?.(given);
      const asked = () => {
        if (question.choices !== undefined) {
          const initial = proposal === undefined ? {} : { default: proposal };
          return prompt<{ answer: string }>([
            { ...base, ...initial, type: 'select', choices: [...question.choices] },
          ]);
        }
        if (question.kind === 'secret') {
          return prompt<{ answer: string }>([
            {
              ...base,
              type: 'password',
              mask: false,
              validate: (text: string) => check(question, text || (proposal ?? ''), given) ?? true,
            },
          ]);
        }
        const initial = proposal === undefined || proposal === '' ? {} : { default: proposal };
        return prompt<{ answer: string }>([{ ...base, ...initial, type: 'input', validate }]);
      };
      const { answer } = await asked().catch(stopped);
      return question.kind === 'secret' ? answer || (proposal ?? '') : answer.trim();
    },
    async confirm(message) {
      const asked = prompt<{ answer: boolean }>([
        { name: 'answer', type: 'confirm', message, default: false },
      ]);
      return (await asked.catch(stopped)).answer;
    },
  };
}
