"""What did the learner's code do when it was called, and was it written at all?

Sections: none.
Leaves out: whether the answer is right; that is the checker's.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from . import limits

LONGEST = 100  # characters of a value shown in a message


class NotYet(Exception):
    """The answer is not right yet: what `came`, what was `expected`, and the `next_step`; three short texts."""

    def __init__(self, came: str, expected: str, next_step: str) -> None:
        self.came, self.expected, self.next_step = (" ".join(text.split()) for text in (came, expected, next_step))
        super().__init__(f"{self.came}; expected {self.expected}. {self.next_step}")


@dataclass(frozen=True)
class Outcome:
    """What one call did: it returned `value`, or `error` was raised in the learner's `line` (both shown as text)."""

    value: Any = None
    error: BaseException | None = None
    line: str = ""


def attempt(function: Callable[..., Any], *args: object, seconds: float = limits.SECONDS, **kwargs: object) -> Outcome:
    """Call the learner's function and report what it did, for checkers that expect an error.

    Raises NotYet when it is no function, cannot take these arguments or does not end in `seconds`.
    Ctrl-C stays Ctrl-C.
    """
    _require_parameters(function, args, kwargs)
    try:
        return Outcome(value=limits.run(lambda: function(*args, **kwargs), seconds))
    except limits.Stopped as stop:
        raise NotYet(
            f"{_name(function)} was stopped after {seconds:g} s",
            "an answer within a moment",
            "Look for a `while` whose condition never becomes false, a `for` over something endless, "
            "or a function that calls itself.",
        ) from stop
    except (KeyboardInterrupt, NotYet):
        raise
    except BaseException as error:  # exit() in an answer must not end the kernel, so more than Exception
        return Outcome(error=error, line=_line_of(error, function))


def call(function: Callable[..., Any], *args: object, seconds: float = limits.SECONDS, **kwargs: object) -> Any:
    """Call the learner's function and return what it returned; whatever goes wrong becomes NotYet (see `attempt`)."""
    outcome = attempt(function, *args, seconds=seconds, **kwargs)
    if outcome.error is None:
        return outcome.value
    message = _shorten(" ".join(str(outcome.error).split()))
    raised = type(outcome.error).__name__ + (f": {message}" if message else "")
    next_step = f"Look at {outcome.line}" if outcome.line else "Call it yourself in a cell of your own and look."
    raise NotYet(f"{_name(function)} raised {raised}", "a result without an error", next_step) from outcome.error


def show(value: object, longest: int = LONGEST) -> str:
    """A value as a short text for a message, whatever its repr does."""
    try:
        return _shorten(repr(value), longest)
    except Exception as error:
        return f"a {type(value).__name__} whose repr raises {type(error).__name__}"


def require_function(answer: object, form: str) -> None:
    """Raises NotYet unless `answer` can be called as `form` says: "accept(key, message)"."""
    name, _, rest = form.partition("(")
    parameters = [text.strip() for text in rest.rstrip(") ").split(",") if text.strip()]
    wanted = f"a function of ({', '.join(parameters)})"
    if not callable(answer):
        kind = type(answer).__name__
        raise NotYet(f"{_article(kind)} {kind}", wanted, f"Give check the function itself: {name}, without brackets.")
    signature = _signature(answer)
    if signature is None:
        return
    try:
        signature.bind(*parameters)
    except TypeError:
        taken = ", ".join(str(parameter).partition(":")[0] for parameter in signature.parameters.values())
        raise NotYet(f"a function of ({taken})", wanted, f"Begin it with: def {form.strip()}:") from None


def is_empty_stub(answer: object) -> bool:
    """True for an answer that was not begun: `...`, None, a collection that still holds `...`, an empty function."""
    if answer is None or _holds_ellipsis(answer):
        return True
    codes = [function.__code__ for function in _functions(answer)]
    return bool(codes) and (all(map(_does_nothing, codes)) or any(map(_loads_ellipsis, codes)))


def _holds_ellipsis(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_ellipsis, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_ellipsis, value))
    return value is ...


def mentions_ellipsis(answer: object) -> bool:
    """True where a line of `...` stands among others: bytecode drops it, so the source is read, if there is one."""
    return any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
        for function in _functions(answer)
        for node in ast.walk(_tree(function))
    )


def _functions(answer: object) -> Iterator[FunctionType]:
    """The functions that make up an answer: itself, what it wraps, or the methods of a class."""
    while isinstance(answer, functools.partial):
        answer = answer.func
    if isinstance(answer, type):
        for member in vars(answer).values():
            yield from _functions(getattr(member, "__func__", None) or getattr(member, "fget", None) or member)
    elif callable(answer) and isinstance(found := inspect.unwrap(answer), FunctionType):
        yield found


def _steps(code: CodeType) -> list[tuple[str, str]]:
    """What the code does, without the bookkeeping that differs between functions of equal meaning."""
    bookkeeping = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "POP_TOP"}
    return [(step.opname, step.argrepr) for step in dis.get_instructions(code) if step.opname not in bookkeeping]


def _empty() -> None: ...


def _does_nothing(code: CodeType) -> bool:
    """A body of `...`, `pass` or a docstring; compared with one compiled by this very Python, whose bytecode it has."""
    return _steps(code) == _steps(_empty.__code__) and code.co_name != "<lambda>"  # `lambda: None` was written


def _loads_ellipsis(code: CodeType) -> bool:
    """`...` used as a value, here or in a function inside: `expected = ...`."""
    inside = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return any(shown == "Ellipsis" for _, shown in _steps(code)) or any(map(_loads_ellipsis, inside))


def _tree(function: FunctionType) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # no source kept, or a lambda cut out of a longer line
        return ast.Module([], [])


def _require_parameters(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    if not callable(function):
        kind = type(function).__name__
        raise NotYet(f"{_article(kind)} {kind}", "a function", "Give check the function itself, without brackets.")
    signature = _signature(function)
    if signature is None:
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise NotYet(
            f"{_name(function)}{signature} cannot be called with {_count(args, kwargs)}: {error}",
            f"a function of {_count(args, kwargs)}",
            "Compare the parameters in your `def` line with the task.",
        ) from None


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return None


def _count(args: tuple[object, ...], kwargs: dict[str, object]) -> str:
    total = len(args) + len(kwargs)
    return f"{total} value{'' if total == 1 else 's'}"


def _line_of(error: BaseException, function: Callable[..., Any]) -> str:
    """The last line of the learner's own file or cell that the error came through, as "line 2 of accept: tag = …"."""
    own_files = {own.__code__.co_filename for own in _functions(function)}
    found, place = "", error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        if code.co_filename in own_files:
            text = linecache.getline(code.co_filename, place.tb_lineno).strip()
            line = place.tb_lineno - code.co_firstlineno + 1
            found = f"line {line} of {code.co_name}{': ' + text if text else ''}"
        place = place.tb_next
    return found


def _name(function: object) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    name = str(getattr(function, "__name__", type(function).__name__))
    return "your lambda" if name == "<lambda>" else name


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _shorten(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
