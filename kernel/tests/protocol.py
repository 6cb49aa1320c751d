"""Tests of the protocol by `jupyter_kernel_test`, on the kernel `up42`.

Left out: paging (`code_page_something`) and clearing an output (`code_clear_output`), which
the kernel does not have, and invalid code, which only the compiler detects
(`invalid_code_samples`).
"""

import unittest

import jupyter_kernel_test
# A busy machine compiles slowly.
jupyter_kernel_test.TIMEOUT = 300


class Up42KernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "up42"
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    completion_samples = [{"text": "Vec::<i32>::with_c", "matches": {"with_capacity(capacity)"}}]
    complete_code_samples = ["1 + 1", "fn f() {}", "let text = \"{\";"]
    incomplete_code_samples = ["fn f() {", "let text = \"a"]
    code_generate_error = 'panic!("no");'
    code_execute_result = [{"code": "6 * 7", "result": "42"}]
    code_display_data = [{"code": 'display("shown");', "mime": "text/plain"}]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6*"
    code_inspect_sample = "Vec::<i32>::new"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The kernel holds requests until the engine is ready; the suite does not wait for it.
        cls.kc.execute_interactive("();", timeout=jupyter_kernel_test.TIMEOUT)

    def execute_helper(self, code, timeout=jupyter_kernel_test.TIMEOUT, **options):
        return super().execute_helper(code, timeout, **options)


if __name__ == "__main__":
    unittest.main()
