"""nbgrader's settings for this course: `make exercises ARGS="--nbgrader FOLDER"` lays them beside the assignments."""

c = get_config()  # noqa: F821  nbgrader provides it

c.CourseDirectory.course_id = "vae-course"

# The checks take `...` for an answer that nobody has begun, and a notebook full of it runs to its end.
c.ClearSolutions.code_stub = {"python": "..."}

# A cell of an exercise takes seconds; training, the longest, less than ten.
c.ExecutePreprocessor.timeout = 60
c.ExecutePreprocessor.interrupt_on_timeout = True
