mock_provider "aws" {
  source          = "./mocks"
  override_during = plan
}

variables {
  prefix = "ana"
}

run "both_repositories_are_named_from_the_prefix" {
  command = plan

  assert {
    condition     = aws_codecommit_repository.this.repository_name == "ana-hello-server" && aws_ecr_repository.this.name == "ana-hello-server"
    error_message = "Both repositories are named after prefix and application."
  }

  assert {
    condition     = aws_codecommit_repository.this.tags.step == "1.1" && aws_ecr_repository.this.tags.step == "1.1"
    error_message = "Both repositories are tagged with step 1.1."
  }

  assert {
    condition     = output.source_repository.branch == "main"
    error_message = "Releases come from main."
  }
}

run "images_are_scanned_expire_and_do_not_stop_a_destroy" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images are scanned when they are pushed."
  }

  assert {
    condition     = aws_ecr_repository.this.force_delete
    error_message = "A repository that holds images can be destroyed."
  }

  assert {
    condition = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection == {
      tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20
    }
    error_message = "The last 20 images are kept."
  }
}

run "keeping_one_image_is_rejected" {
  command = plan

  variables {
    kept_images = 1
  }

  expect_failures = [var.kept_images]
}
